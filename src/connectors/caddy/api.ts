// The admin API of Caddy: values with the ETag that stands behind them, and changes that hold on to it.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { ConnectorError, type Call, type ErrorClass, type Json } from '../../connector.ts';
import { Ended, endedError, orEnded, withEnding } from '../ending.ts';
import { parseJson } from '../pointer.ts';
import type { CaddyClient } from './client.ts';

/** What is at a place. Caddy says null where nothing is. */
export interface Found {
  readonly value: Json;
  readonly etag: string;
}

/** What became of a change. */
export type Changed = 'changed' | 'moved';

const answerMaxBytes = 4 * 1024 * 1024;

/** Reads a place of the configuration. */
export async function readPlace(
  client: CaddyClient,
  path: string,
  call: Call,
  what: string,
): Promise<Found> {
  const answer = await send(client, { method: 'GET', path }, call, what);
  if (answer.status !== 200) throw refusal(client, path, answer, what);
  const value = parseJson(answer.text);
  // It comes behind the body, as a trailer, where most clients do not look.
  if (value === undefined || answer.etag === undefined) {
    const why = `${client.address} gives no JSON with an ETag. Name the admin API of Caddy 2.6 or newer.`;
    throw failure('target-mismatch', what, why);
  }
  return { value, etag: answer.etag };
}

/** Puts a value there, or takes it away (null), if nothing changed since it was read. */
export async function changePlace(
  client: CaddyClient,
  path: string,
  found: Found,
  value: Json,
  call: Call,
  what: string,
): Promise<Changed> {
  if (value === null && found.value === null) return 'changed';
  const method = value === null ? 'DELETE' : found.value === null ? 'PUT' : 'PATCH';
  const body = value === null ? undefined : JSON.stringify(value);
  const answer = await send(client, { method, path, body, etag: found.etag }, call, what);
  if (answer.status === 412) return 'moved';
  if (answer.status !== 200) throw refusal(client, path, answer, what);
  return 'changed';
}

/** The error of this connector: one sentence that begins with who speaks. */
export function failure(errorClass: ErrorClass, what: string, why: string): ConnectorError {
  return new ConnectorError(errorClass, `[caddy] Cannot ${what}: ${why}`);
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly etag?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly etag: string | undefined;
}

async function send(client: CaddyClient, asked: Asked, call: Call, what: string): Promise<Answer> {
  try {
    return await withEnding(call, client.timeoutMs, (signal) =>
      orEnded(signal, exchangeOnce(client, asked, signal)),
    );
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    if (error instanceof Ended) throw endedError('caddy', what, error);
    throw explain(client, what, error);
  }
}

function exchangeOnce(client: CaddyClient, asked: Asked, signal: AbortSignal): Promise<Answer> {
  const { method, path, body, etag } = asked;
  const overUnix = client.socketPath !== undefined;
  const request = client.base.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(client.base + path),
      {
        method,
        signal,
        agent: false,
        ...(overUnix ? { socketPath: client.socketPath, setHost: false } : {}),
        headers: {
          // On a unix socket Caddy lets in only who names no host.
          ...(overUnix ? { Host: '' } : {}),
          'user-agent': 'backout',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...(etag === undefined ? {} : { 'if-match': etag }),
        },
      },
      (response) => void collect(response).then(resolve, reject),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > answerMaxBytes)
      throw new Error(`an answer is longer than ${answerMaxBytes} bytes`);
    pieces.push(piece);
  }
  // Cut off in the middle: what came is no answer.
  if (!response.complete) throw new Error('it hung up in the middle of an answer');
  const etag = response.trailers['etag'] ?? response.headers['etag'];
  return { status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString(), etag };
}

/** Caddy answers 500 for a configuration that it would not run, so the status alone says little. */
function refusal(client: CaddyClient, path: string, answer: Answer, what: string): ConnectorError {
  const { status, text } = answer;
  const parsed = parseJson(text);
  const said =
    typeof parsed === 'object' && parsed !== null && 'error' in parsed ? parsed.error : '';
  const words = typeof said === 'string' && said !== '' ? said.slice(0, 500) : `status ${status}`;
  if (status === 401 || status === 403) {
    const mend = 'Allow this host and origin in the admin section of its configuration.';
    return failure('not-allowed', what, `Caddy says "${words}". ${mend}`);
  }
  if (status === 404 && !path.startsWith('/id/')) {
    const why = `${client.address} is no admin API of Caddy (status 404).`;
    return failure('target-mismatch', what, why);
  }
  const errorClass = [502, 503, 504].includes(status) ? 'cannot-reach' : 'refused';
  return failure(errorClass, what, `Caddy says "${words}".`);
}

function explain(client: CaddyClient, what: string, error: unknown): ConnectorError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return failure('not-allowed', what, `${client.address} may not be opened by this user.`);
  }
  if (code.startsWith('HPE_')) {
    return failure('target-mismatch', what, `${client.address} does not speak HTTP (${code}).`);
  }
  const says = code.replace(/^Error: /, '');
  return failure('cannot-reach', what, `no answer from ${client.address} (${says}).`);
}
