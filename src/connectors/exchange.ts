// One HTTP request and its answer, bounded in size and time: what every connector that speaks HTTP sends.
import type { ErrorClass } from '../connector.ts';
import { Ended } from './ending.ts';

/** What is sent, and how much of an answer is taken. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string | undefined;
  /** Ends the exchange; aborted with an `Ended` as its reason. */
  readonly signal: AbortSignal;
  /** `none` hangs up after the headers; `text` reads the whole body; a function is given each piece of it. */
  readonly read: 'none' | 'text' | ((chunk: Uint8Array) => void);
  /** A longer body is cut off, and the exchange has failed. */
  readonly bodyMaxBytes: number;
}

/** What came of it. */
export type Exchanged =
  | {
      readonly type: 'answered';
      readonly status: number;
      readonly headers: Headers;
      /** Empty unless `read` was `text`. */
      readonly text: string;
      readonly ms: number;
    }
  | {
      readonly type: 'failed';
      readonly class: ErrorClass;
      /** `ours` when the failure says nothing of the system: our resolver, our network, our limits, our cancel. */
      readonly fault: 'ours' | 'theirs';
      /** Whether it is sure that the request never reached the system: there was no connection to carry it. */
      readonly neverSent: boolean;
      /** Goes after a colon: `connection refused by 127.0.0.1:8080`. */
      readonly because: string;
      readonly ms: number;
    };

/** Sends the request once. Redirects are not followed. Never throws for what may happen in the world. */
export async function exchange(request: Exchange): Promise<Exchanged> {
  const startedAt = performance.now();
  const ms = (): number => Math.round(performance.now() - startedAt);
  try {
    const response = await fetch(request.url, {
      method: request.method.toUpperCase(),
      // A fresh connection each time: one that the other side closed while idle would look like a failing system.
      headers: { connection: 'close', 'user-agent': 'backout', ...request.headers },
      redirect: 'manual',
      signal: request.signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const text = await readBody(response, request);
    return { type: 'answered', status: response.status, headers: response.headers, text, ms: ms() };
  } catch (error) {
    return { type: 'failed', ...explain(error, request), ms: ms() };
  }
}

/** Not known here, or not through this proxy or network. */
const NOT_ALLOWED = [401, 403, 407, 511];

/** Nobody did it: too early, too often, or what stands before the system did not reach it (521 to 523, 530: Cloudflare's). */
const NOT_REACHED = [408, 425, 429, 502, 503, 504, 521, 522, 523, 530];

/** What stands before the system asked, and had no answer in time (Cloudflare's): it may have happened. */
const NO_ANSWER = [524];

/** Which class of error an HTTP status is, when it is not the one that was wanted. */
export function classOfStatus(status: number): ErrorClass {
  if (NOT_ALLOWED.includes(status)) return 'not-allowed';
  if (NOT_REACHED.includes(status)) return 'cannot-reach';
  return NO_ANSWER.includes(status) ? 'timed-out' : 'refused';
}

/** Splits what a plan gives as `url` into the base that paths are put after, and the credentials in it. */
export function baseOf(url: string): { readonly base: string; readonly authorization?: string } {
  const { origin, pathname, username, password } = new URL(url);
  const base = origin + pathname.replace(/\/+$/, '');
  if (username === '' && password === '') return { base };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { base, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

class TooLong extends Error {}

async function readBody(response: Response, request: Exchange): Promise<string> {
  if (response.body === null) return '';
  if (request.read === 'none') {
    await response.body.cancel();
    return '';
  }
  const decoder = new TextDecoder();
  let text = '';
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > request.bodyMaxBytes) throw new TooLong();
    if (request.read === 'text') text += decoder.decode(chunk, { stream: true });
    else request.read(chunk);
  }
  return text + decoder.decode();
}

type Failure = Omit<Exchanged & { readonly type: 'failed' }, 'type' | 'ms'>;

function explain(error: unknown, request: Exchange): Failure {
  const host = request.url.host;
  const reason: unknown = request.signal.reason;
  if (request.signal.aborted && reason instanceof Ended) {
    const fault = reason.class === 'cancelled' ? 'ours' : 'theirs';
    return { class: reason.class, fault, neverSent: false, because: reason.message };
  }
  if (error instanceof TooLong) {
    const because = `the answer of ${host} is longer than ${request.bodyMaxBytes} bytes and was cut off`;
    return { class: 'refused', fault: 'ours', neverSent: false, because };
  }
  const code = codeOf(error);
  const known = code === undefined ? undefined : failures[code];
  if (known !== undefined) {
    const neverSent = !maybeSent.has(code ?? '');
    return { class: known.class, fault: known.fault, neverSent, because: `${known.says} ${host}` };
  }
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_|TLS|SSL/.test(code)) {
    const because = `the certificate of ${host} proves nothing (${code})`;
    return { class: 'target-mismatch', fault: 'theirs', neverSent: true, because };
  }
  const says = code ?? (error instanceof Error ? error.message : 'unknown error');
  return {
    class: 'cannot-reach',
    fault: 'theirs',
    neverSent: false,
    because: `no proper answer from ${host} (${says})`,
  };
}

/** With these the connection was there, and the request may have gone through it. */
const maybeSent = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const failures: {
  readonly [code: string]: Pick<Failure, 'class' | 'fault'> & { readonly says: string };
} = {
  ECONNREFUSED: { class: 'cannot-reach', fault: 'theirs', says: 'connection refused by' },
  ECONNRESET: { class: 'cannot-reach', fault: 'theirs', says: 'connection lost to' },
  EPIPE: { class: 'cannot-reach', fault: 'theirs', says: 'connection lost to' },
  UND_ERR_SOCKET: { class: 'cannot-reach', fault: 'theirs', says: 'connection lost to' },
  ETIMEDOUT: { class: 'cannot-reach', fault: 'theirs', says: 'no connection to' },
  UND_ERR_CONNECT_TIMEOUT: { class: 'cannot-reach', fault: 'theirs', says: 'no connection to' },
  UND_ERR_HEADERS_TIMEOUT: { class: 'timed-out', fault: 'theirs', says: 'no answer from' },
  UND_ERR_BODY_TIMEOUT: { class: 'timed-out', fault: 'theirs', says: 'no whole answer from' },
  EHOSTUNREACH: { class: 'cannot-reach', fault: 'theirs', says: 'no route to' },
  EHOSTDOWN: { class: 'cannot-reach', fault: 'theirs', says: 'host down:' },
  ENETUNREACH: { class: 'cannot-reach', fault: 'ours', says: 'this machine has no network to' },
  EADDRNOTAVAIL: { class: 'cannot-reach', fault: 'ours', says: 'this machine has no free port to' },
  EMFILE: {
    class: 'cannot-reach',
    fault: 'ours',
    says: 'this process has no free handle to reach',
  },
  ENOTFOUND: { class: 'cannot-reach', fault: 'ours', says: 'name not found:' },
  EAI_AGAIN: { class: 'cannot-reach', fault: 'ours', says: 'the resolver gives no answer for' },
};

/** fetch hides the code in the cause, and that of several addresses in the errors of the cause. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
