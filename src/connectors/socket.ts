// The way to a server, for connectors that speak over a socket: how long it may take, and what it can answer instead.
import type { ErrorClass } from '../connector.ts';
import { orEnded } from './ending.ts';

/** A class, and what goes after the colon of a message. */
export type Why = readonly [ErrorClass, string];

/** Reads an error that came from no server that had understood us. */
export function explainSocket(error: unknown): Why {
  if (error instanceof AggregateError) return explainSocket(error.errors[0]);
  if (!(error instanceof Error)) return ['cannot-reach', 'an unknown error'];
  const { message } = error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return ['cannot-reach', `nobody listens there (${message})`];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return ['cannot-reach', `the name of the server is not found (${message})`];
  }
  if (code === 'ENOENT' || code === 'EACCES') return ['refused', message];
  if (/CERT|SELF_SIGNED|UNABLE_TO_|certificate/i.test(code + message)) {
    return ['target-mismatch', `its certificate proves nothing (${message})`];
  }
  if (/SSL|TLS/.test(code + message)) {
    return ['refused', `TLS does not come about (${message}). Does the server speak it there`];
  }
  return ['cannot-reach', message];
}

/**
 * Waits for a connection no longer than it may take. Libraries bound the socket at most; a server that takes the connection
 * and then says nothing is as far away.
 */
export async function connectWithin(
  connecting: Promise<unknown>,
  timeoutMs: number,
): Promise<void> {
  const patience = AbortSignal.timeout(timeoutMs);
  connecting.catch(() => undefined);
  try {
    await orEnded(patience, connecting);
  } catch (error) {
    if (!patience.aborted) throw error;
    throw new Error(`no connection within ${timeoutMs} ms`, { cause: error });
  }
}
