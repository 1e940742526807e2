// A system that speaks JSON over HTTP, asked once and classified: what the connectors with an API of their own share.
import { once } from 'node:events';
import { z } from 'zod';
import { ConnectorError, type Call, type ErrorClass, type Json } from '../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from './concealer.ts';
import { duration } from './duration.ts';
import { timeLeftMs, withEnding } from './ending.ts';
import { baseOf, exchange, type Exchanged } from './exchange.ts';
import { parseJson } from './pointer.ts';

/** The options that every such system has; the url is the connector's own, for only it knows what must be there. */
export const apiFields = {
  token: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Sent as Authorization: Bearer; never shown' }),
  timeout: duration
    .default(10_000)
    .meta({ description: 'How long one request may take. Default: 10s' }),
};

/** The address of an API. */
export const apiUrl = z.url({ protocol: /^https?$/, error: 'is no http:// or https:// address' });

/** Where and as whom a system is asked. */
export interface Api {
  /** The connector, for messages. */
  readonly who: string;
  /** The system's name in the plan. */
  readonly system: string;
  readonly base: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly conceal: Concealer;
}

/** Makes it; asks nothing. `secrets` are further ones that nobody may hear. */
export function openApi(
  who: string,
  system: string,
  {
    url,
    token,
    timeout,
  }: { readonly url: string; readonly token?: string | undefined; readonly timeout: number },
  secrets: readonly (string | undefined)[] = [],
): Api {
  const { base, authorization } = baseOf(url);
  const proof = token === undefined ? authorization : `Bearer ${token}`;
  return {
    who,
    system,
    base,
    headers: proof === undefined ? {} : { authorization: proof },
    timeoutMs: timeout,
    conceal: createConcealer([token, authorization, ...secretsOfUrl(url), ...secrets]),
  };
}

/** One request to an API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, encoded. */
  readonly path: string;
  readonly json?: Json;
  readonly headers?: { readonly [name: string]: string };
}

/** What came back, whatever its status. `json` is undefined when the answer is none. */
export interface ApiAnswer {
  readonly status: number;
  readonly json: Json | undefined;
  readonly headers: Headers;
  readonly ms: number;
}

/** Answers longer than this are cut off. */
const answerMaxBytes = 8 * 1024 * 1024;

/** Asks once. Throws a ConnectorError that says what could not be done (`does`) when there is no answer. */
export async function ask(
  api: Api,
  does: string,
  request: ApiRequest,
  call: Call,
): Promise<ApiAnswer> {
  const answer = await tryAsking(api, request, call);
  if (answer.type === 'failed') throw apiError(api, answer.class, does, answer.because);
  return answer;
}

/** Asks once; no answer is an answer, too, for those to whom it matters whether the request may have arrived. */
export async function tryAsking(
  api: Api,
  { method, path, json, headers = {} }: ApiRequest,
  call: Call,
): Promise<
  (ApiAnswer & { readonly type: 'answered' }) | (Exchanged & { readonly type: 'failed' })
> {
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await withEnding(call, api.timeoutMs, (signal) =>
    exchange({
      method,
      url: new URL(api.base + path),
      headers: { accept: 'application/json', ...type, ...api.headers, ...headers },
      body: json === undefined ? undefined : JSON.stringify(json),
      signal,
      read: 'text',
      bodyMaxBytes: answerMaxBytes,
    }),
  );
  return answer.type === 'failed' ? answer : { ...answer, json: parseJson(answer.text) };
}

/** A system that asks for patience more often than this is left alone for now. */
const patienceMax = 5;

/** How long to wait if a system does not say. Milliseconds. */
const waitDefaultMs = 1_000;

/**
 * Asks, and asks again when the system says 429: after as long as it says, if that is before the deadline. What comes
 * back in the end may be a 429 still.
 */
export async function patiently<Answer extends { readonly type: string }>(
  call: Call,
  asking: () => Promise<Answer | (ApiAnswer & { readonly type: 'answered' })>,
): Promise<Answer | (ApiAnswer & { readonly type: 'answered' })> {
  for (let tried = 1; ; tried += 1) {
    const answer = await asking();
    if (answer.type !== 'answered' || !('status' in answer) || answer.status !== 429) return answer;
    const waitMs = waitAsked(answer);
    if (tried >= patienceMax || waitMs >= timeLeftMs(call)) return answer;
    await withEnding(call, waitMs, async (signal) => once(signal, 'abort'));
    if (call.signal.aborted) return answer;
  }
}

/** The error of a system that still asked for patience when we had to stop. */
export function impatience(
  api: Pick<Api, 'who' | 'system' | 'conceal'>,
  does: string,
  { signal, deadline }: Call,
): ConnectorError {
  if (signal.aborted && Date.now() < deadline)
    return apiError(api, 'cancelled', does, 'it was cancelled');
  return apiError(api, 'cannot-reach', does, 'it asks for more patience than there is time');
}

/** How long a system asks to be left alone: `Retry-After`, in seconds or as a date. Milliseconds. */
function waitAsked({ headers }: Pick<ApiAnswer, 'headers'>): number {
  const text = headers.get('retry-after');
  if (text === null) return waitDefaultMs;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : waitDefaultMs;
}

/** `[slack] Cannot send the notice by chat: status 500.`, without secrets. */
export function apiError(
  { who, system, conceal }: Pick<Api, 'who' | 'system' | 'conceal'>,
  errorClass: ErrorClass,
  does: string,
  why: string,
): ConnectorError {
  return new ConnectorError(
    errorClass,
    conceal.text(`[${who}] Cannot ${does} ${system}: ${why.replace(/\.$/, '')}.`),
  );
}
