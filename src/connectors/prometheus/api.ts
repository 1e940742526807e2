// The query API of Prometheus and of what speaks like it (Thanos, Mimir, VictoriaMetrics): asked, checked, classified.
import { z } from 'zod';
import { ConnectorError, type Call, type ErrorClass, type OpenContext } from '../../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { timeLeftMs, withEnding } from '../ending.ts';
import { baseOf, classOfStatus, exchange } from '../exchange.ts';
import { parseJson } from '../pointer.ts';

/** What a plan says under `systems` for `uses: prometheus`. */
export const prometheusOptions = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'is no http:// or https:// address' })
    .meta({ description: 'Where /api/v1 is: http://prometheus:9090' }),
  token: z.string().optional().meta({ description: 'Sent as Authorization: Bearer; never shown' }),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Such as X-Scope-OrgID; never shown' }),
  timeout: duration
    .default(10_000)
    .meta({ description: 'How long a query may take. Default: 10s' }),
});

/** The options after validation. */
export type PrometheusOptions = z.output<typeof prometheusOptions>;

/** One opened server. */
export interface PrometheusClient {
  readonly system: string;
  readonly base: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly conceal: Concealer;
}

/** Makes the client; asks nothing. */
export function openPrometheus(
  options: PrometheusOptions,
  { system }: OpenContext,
): PrometheusClient {
  const { base, authorization } = baseOf(options.url);
  const proof = options.token === undefined ? authorization : `Bearer ${options.token}`;
  return {
    system,
    base,
    headers: { ...options.headers, ...(proof === undefined ? {} : { authorization: proof }) },
    timeoutMs: options.timeout,
    conceal: createConcealer([
      options.token,
      ...secretsOfUrl(options.url),
      ...Object.values(options.headers),
    ]),
  };
}

const point = z.tuple([z.number(), z.string()]);
const metric = z.record(z.string(), z.string());

const data = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric, value: point.optional() })),
  }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric, values: z.array(point).optional() })),
  }),
  z.object({ resultType: z.literal('scalar'), result: point }),
  z.object({ resultType: z.literal('string'), result: point }),
]);

/** The result of a query. */
export type Data = z.output<typeof data>;

/** Seconds and the value as a text, as the API has them. */
export type Point = z.output<typeof point>;

const success = z.object({
  status: z.literal('success'),
  data,
  warnings: z.array(z.string()).optional(),
});

const failed = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

/** A result, and what the server warns of. */
export interface Result {
  readonly data: Data;
  readonly warnings: readonly string[];
  /** How far the server's clock is ahead of ours; undefined when it does not tell. Exact to about a second. */
  readonly clockAheadMs: number | undefined;
}

/** A day of one series in steps of a second has 2 MB; nothing honest is longer. */
const answerMaxBytes = 64 * 1024 * 1024;

/** Asks `query` or `query_range`. Throws a ConnectorError. */
export async function ask(
  client: PrometheusClient,
  path: 'query' | 'query_range',
  parameters: { readonly [name: string]: string },
  call: Call,
): Promise<Result> {
  const timeout = `${Math.max(1, Math.floor(timeLeftMs(call, client.timeoutMs)))}ms`;
  const answer = await withEnding(call, client.timeoutMs, (signal) =>
    exchange({
      method: 'post',
      url: new URL(`${client.base}/api/v1/${path}`),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...client.headers },
      body: new URLSearchParams({ ...parameters, timeout }).toString(),
      signal,
      read: 'text',
      bodyMaxBytes: answerMaxBytes,
    }),
  );
  if (answer.type === 'failed') throw failure(client, answer.class, answer.because);
  const json = parseJson(answer.text);
  const good = success.safeParse(json);
  if (good.success) {
    const clockAheadMs = clockAheadIn(answer.headers);
    return { data: good.data.data, warnings: good.data.warnings ?? [], clockAheadMs };
  }
  const bad = failed.safeParse(json);
  if (bad.success)
    throw failure(client, classOf(bad.data.errorType, answer.status), bad.data.error);
  if (answer.status === 200)
    throw failure(client, 'refused', 'what answers there is no Prometheus');
  throw failure(client, classOfStatus(answer.status), `status ${answer.status}`);
}

function classOf(errorType: string, status: number): ErrorClass {
  if (errorType === 'timeout') return 'timed-out';
  if (errorType === 'canceled' || errorType === 'unavailable') return 'cannot-reach';
  return classOfStatus(status);
}

function clockAheadIn(headers: Headers): number | undefined {
  const theirs = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(theirs) ? undefined : theirs - Math.floor(Date.now() / 1000) * 1000;
}

function failure(client: PrometheusClient, errorClass: ErrorClass, why: string): ConnectorError {
  const message = `[prometheus] Cannot read ${client.system}: ${why.replace(/\.$/, '')}.`;
  return new ConnectorError(errorClass, client.conceal.text(message));
}
