// One connection to Redis for one call: opened, used and closed, and gone at once when the call ends early.
import { readFile } from 'node:fs/promises';
import { createClient, RESP_TYPES } from '@redis/client';
import { ConnectorError, type Call } from '../../connector.ts';
import { Ended, endedError, orEnded, withEnding } from '../ending.ts';
import { connectWithin } from '../socket.ts';
import type { RedisClient } from './client.ts';
import { explain } from './errors.ts';

/** What Redis answers: texts as bytes, because keys and values may be any bytes. */
export type Reply = Buffer | string | number | null | readonly Reply[];

/** Sends one command and waits for its reply. */
export type Ask = (...words: readonly (string | Buffer)[]) => Promise<Reply>;

/** Does the work over a connection of its own. `what` completes "Cannot …" in errors: `read cache`. */
export async function withConnection<T>(
  client: RedisClient,
  call: Call,
  what: string,
  work: (ask: Ask, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await withEnding(call, Infinity, (signal) =>
      client.gate.enter(signal, () => connectAndWork(client, signal, work)),
    );
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    if (error instanceof Ended) throw endedError('redis', what, error);
    throw explain(client, what, error);
  }
}

async function connectAndWork<T>(
  client: RedisClient,
  signal: AbortSignal,
  work: (ask: Ask, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { certificates, connectTimeoutMs, url } = client;
  const ca = certificates === undefined ? {} : { ca: await readFile(certificates) };
  const connection = createClient({
    url,
    name: 'backout',
    RESP: 2,
    // A command that was lost with its connection is told as lost: what is sent anew is for the engine to decide.
    socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false, ...ca },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
  connection.on('error', () => undefined); // whatever waits for an answer fails with it
  const ask: Ask = (...words) => orEnded(signal, connection.sendCommand<Reply>([...words]));
  try {
    await orEnded(signal, connectWithin(connection.connect(), connectTimeoutMs));
    return await work(ask, signal);
  } finally {
    if (connection.isOpen) connection.destroy();
  }
}

/** The text of a reply, or undefined when it has none. */
export function textOf(reply: Reply | undefined): string | undefined {
  if (typeof reply === 'string') return reply;
  return Buffer.isBuffer(reply) ? reply.toString() : undefined;
}

/** The parts of a reply, or none when it is no list. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}
