// What the way to a server can answer instead of the server: told by class, for connectors that speak over a socket.
import type { ErrorClass } from '../connector.ts';

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
