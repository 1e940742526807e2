// What Postgres and the way to it can answer instead of a result, by class of error.
import { DatabaseError } from 'pg';
import { ConnectorError, type ErrorClass } from '../../connector.ts';
import { explainSocket, type Why } from '../socket.ts';
import type { PostgresClient } from './client.ts';

/** The error to throw for anything that pg throws. */
export function explain(client: PostgresClient, what: string, error: unknown): ConnectorError {
  const state = error instanceof DatabaseError ? error.code : undefined;
  const [errorClass, why] = state === undefined ? explainWay(error) : explainState(state, error);
  const message = client.conceal.text(`[postgres] Cannot ${what}: ${why}`);
  const facts = state === undefined ? {} : { sqlstate: state };
  return new ConnectorError(errorClass, message.endsWith('.') ? message : `${message}.`, { facts });
}

/** By SQLSTATE (appendix A of the Postgres manual); the longest beginning that is known counts. */
const states: { readonly [state: string]: ErrorClass } = {
  '08': 'cannot-reach',
  '08007': 'timed-out',
  '28': 'not-allowed',
  '25006': 'target-mismatch',
  '3D000': 'target-mismatch',
  '40': 'cannot-reach',
  '40003': 'timed-out',
  '42501': 'not-allowed',
  '53': 'cannot-reach',
  '53100': 'refused',
  '55P03': 'timed-out',
  '57014': 'timed-out',
  '57P': 'cannot-reach',
  '57P04': 'target-mismatch',
  '57P05': 'timed-out',
  '25P03': 'timed-out',
  '25P04': 'timed-out',
  '72': 'cannot-reach',
};

const mends: { readonly [state: string]: string } = {
  '28P01': 'Check the user and password in the url.',
  '28000': 'Check the user in the url, and pg_hba.conf of the server.',
  '57P04': 'The database was dropped. Check the database in the url.',
  '25006': 'This server is read only: is the url that of a replica?',
  '3D000': 'Check the database in the url.',
  '42501': 'Grant the right to the user in the url.',
  '42601': 'Check the SQL; where several statements are needed, write them as a list.',
  '53300': 'Too many clients are connected.',
  '53100': 'The disk of the server is full.',
  '55P03': 'Somebody else holds a lock: find who in pg_locks, or raise lock-timeout.',
};

function explainState(state: string, error: unknown): Why {
  const errorClass = states[state] ?? states[state.slice(0, 3)] ?? states[state.slice(0, 2)];
  const says = error instanceof Error ? error.message : state;
  const mend = mends[state];
  return [errorClass ?? 'refused', mend === undefined ? says : `${says}. ${mend}`];
}

/** Errors without a state never came from a server that had understood us. */
function explainWay(error: unknown): Why {
  const says = error instanceof Error ? error.message : '';
  if (/SASL|password/i.test(says)) {
    return ['not-allowed', `${says}. Check the user and password in the url`];
  }
  return /SSL/.test(says) ? ['refused', `${says}. Check sslmode in the url`] : explainSocket(error);
}
