// The options of the rabbitmq connector, and its requests to the management API.
import { z } from 'zod';
import { ConnectorError, type Call, type Json, type OpenContext } from '../../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { withEnding } from '../ending.ts';
import { baseOf, classOfStatus, exchange } from '../exchange.ts';
import { parseJson } from '../pointer.ts';

/** What a plan says under `systems` for `uses: rabbitmq`. */
export const rabbitmqOptions = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'is no http:// or https:// address' }).meta({
    description:
      'Of the management API: http://user:password@host:15672; the password is never shown',
  }),
  timeout: duration.default(5000).meta({
    description: 'How long one request may take. Default: 5s',
  }),
});

/** The options after validation. */
export type RabbitmqOptions = z.output<typeof rabbitmqOptions>;

/** One opened broker. */
export interface RabbitmqClient {
  readonly system: string;
  readonly base: string;
  readonly authorization: string | undefined;
  readonly timeoutMs: number;
  readonly conceal: Concealer;
}

/** Makes the client; sends nothing. */
export function openRabbitmq(options: RabbitmqOptions, { system }: OpenContext): RabbitmqClient {
  const { base, authorization } = baseOf(options.url);
  return {
    system,
    base,
    authorization,
    timeoutMs: options.timeout,
    conceal: createConcealer([authorization, ...secretsOfUrl(options.url)]),
  };
}

/** What is asked: `path` is made of parts that are encoded each for itself. */
export interface Asked {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: readonly string[];
  readonly json?: Json;
  readonly reason?: string;
}

/** A broker with many thousand connections says much. */
const answerMaxBytes = 16 * 1024 * 1024;

/** The JSON of the answer; undefined when there is no such thing. `what` completes "Cannot …" in errors. */
export async function ask(
  client: RabbitmqClient,
  asked: Asked,
  call: Call,
  what: string,
): Promise<Json | undefined> {
  const path = asked.path.map((part) => encodeURIComponent(part)).join('/');
  const answer = await withEnding(call, client.timeoutMs, (signal) =>
    exchange({
      method: asked.method,
      url: new URL(`${client.base}/api/${path}`),
      headers: {
        ...(client.authorization === undefined ? {} : { authorization: client.authorization }),
        ...(asked.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(asked.reason === undefined ? {} : { 'x-reason': asked.reason }),
      },
      body: asked.json === undefined ? undefined : JSON.stringify(asked.json),
      signal,
      read: 'text',
      bodyMaxBytes: answerMaxBytes,
    }),
  );
  const fail = (errorClass: ConnectorError['class'], why: string): ConnectorError =>
    new ConnectorError(errorClass, client.conceal.text(`[rabbitmq] Cannot ${what}: ${why}.`));
  if (answer.type === 'failed') throw fail(answer.class, answer.because);
  if (answer.status === 404) return undefined;
  if (answer.status < 300) return answer.text === '' ? null : (parseJson(answer.text) ?? null);
  const mend =
    answer.status === 401
      ? ' (the user must exist and have the tag administrator, or monitoring for what is only read)'
      : '';
  throw fail(
    classOfStatus(answer.status),
    `${asked.method} /api/${path} gives status ${answer.status}${mend}`,
  );
}

/** A member of an object that came as JSON. */
export function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as { readonly [name: string]: Json })[name]; // neither null nor a list: an object
}
