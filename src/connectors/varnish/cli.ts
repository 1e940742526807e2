// The command line interface of Varnish over TCP: each answer says its length; who asks proves to know the secret.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { ConnectorError, type Call, type ErrorClass } from '../../connector.ts';
import { Ended, endedError, orEnded, withEnding } from '../ending.ts';
import type { VarnishClient } from './client.ts';

/** Sends one command, and gives the text of an answer that says that it was done. */
export type Say = (command: string) => Promise<string>;

/** `200 59      \n`: the status, the length of what follows, and a line break after that. */
const headBytes = 13;
const answerMaxBytes = 16 * 1024 * 1024;
const authNeeded = 107;
const authFailed = 500;
const done = 200;

/** Talks to the manager process. `what` completes "Cannot …" in errors: `observe cache`. */
export async function talk<T>(
  client: VarnishClient,
  call: Call,
  what: string,
  work: (say: Say) => Promise<T>,
): Promise<T> {
  const { cli } = client;
  if (cli === undefined) {
    throw failure(client, 'refused', what, 'the plan names no cli. Add cli: 127.0.0.1:6082.');
  }
  try {
    return await withEnding(call, client.timeoutMs, async (signal) => {
      const socket = createConnection(cli);
      try {
        const listen = createListener(client, socket, what);
        await authenticate(client, socket, () => orEnded(signal, listen()), what);
        return await work(async (command) => {
          socket.write(`${command}\n`);
          const answer = await orEnded(signal, listen());
          if (answer.status === done) return answer.text;
          throw refusal(client, answer, what);
        });
      } finally {
        socket.destroy();
      }
    });
  } catch (error) {
    if (error instanceof Ended) throw endedError('varnish', what, error);
    throw error;
  }
}

/** The error of this connector: one sentence that begins with who speaks. */
export function failure(
  client: VarnishClient,
  errorClass: ErrorClass,
  what: string,
  why: string,
): ConnectorError {
  return new ConnectorError(errorClass, client.conceal.text(`[varnish] Cannot ${what}: ${why}`));
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function authenticate(
  client: VarnishClient,
  socket: Socket,
  listen: () => Promise<Answer>,
  what: string,
): Promise<void> {
  const greeting = await listen();
  if (greeting.status === done) return;
  if (greeting.status !== authNeeded) throw refusal(client, greeting, what);
  const challenge = greeting.text.slice(0, 32);
  const secret = await secretOf(client, what);
  const hash = createHash('sha256').update(`${challenge}\n`).update(secret);
  socket.write(`auth ${hash.update(`${challenge}\n`).digest('hex')}\n`);
  const answer = await listen();
  if (answer.status === done) return;
  const mend = 'It must be what varnishd was given with -S, to the last byte.';
  throw failure(client, 'not-allowed', what, `Varnish does not take our secret. ${mend}`);
}

async function secretOf(client: VarnishClient, what: string): Promise<string | Buffer> {
  if (client.secret !== undefined) return client.secret;
  const path = client.secretFile;
  if (path === undefined) {
    const why = 'Varnish wants a secret. Add secret-file, what varnishd was given with -S.';
    throw failure(client, 'not-allowed', what, why);
  }
  return readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw failure(client, 'not-allowed', what, `the secret file ${path} cannot be read (${code}).`);
  });
}

/** Gives one whole answer at a time. */
function createListener(
  client: VarnishClient,
  socket: Socket,
  what: string,
): () => Promise<Answer> {
  let heard = Buffer.alloc(0);
  let over: ConnectorError | undefined;
  let tell = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]);
    tell();
  });
  socket.on('error', (error) => {
    const code = 'code' in error ? String(error.code) : error.message;
    over ??= failure(
      client,
      'cannot-reach',
      what,
      `${placeOf(client)} cannot be connected to (${code}).`,
    );
    tell();
  });
  socket.on('close', () => {
    const cut = heard.length === 0 ? 'before an answer' : 'in the middle of an answer';
    over ??= failure(client, 'cannot-reach', what, `${placeOf(client)} hung up ${cut}.`);
    tell();
  });
  return async () => {
    for (;;) {
      const head = heard.subarray(0, headBytes).toString();
      const [, status, length] = /^(\d{3}) (\d+) *\n$/.exec(head) ?? [];
      const isHead = status !== undefined && length !== undefined;
      if (!isHead && heard.length >= headBytes) {
        const why = `${placeOf(client)} is no management interface of Varnish.`;
        throw failure(client, 'target-mismatch', what, why);
      }
      if (isHead) {
        const size = Number(length);
        if (size > answerMaxBytes) {
          const why = `an answer is longer than ${answerMaxBytes} bytes.`;
          throw failure(client, 'refused', what, why);
        }
        const end = headBytes + size;
        if (heard.length > end) {
          const text = heard.subarray(headBytes, end).toString();
          heard = heard.subarray(end + 1);
          return { status: Number(status), text };
        }
      }
      if (over !== undefined) throw over;
      await new Promise<void>((resolve) => (tell = resolve));
    }
  };
}

/** 101 is an unknown command, which every command for the cache is while the child process does not run. */
function refusal(client: VarnishClient, { status, text }: Answer, what: string): ConnectorError {
  const words = text.trim().split('\n')[0]?.slice(0, 300) ?? '';
  if (/child not running/i.test(text)) {
    const why = 'its child process does not run, so it caches and serves nothing.';
    return failure(client, 'cannot-reach', what, why);
  }
  const errorClass = status === authNeeded || status === authFailed ? 'not-allowed' : 'refused';
  return failure(client, errorClass, what, `Varnish says "${words}" (${status}).`);
}

function placeOf({ cli }: VarnishClient): string {
  return `${cli?.host}:${cli?.port}`;
}
