// A question in SQL that has one value as its answer, asked of Postgres through a cursor.
import type { Call } from '../../connector.ts';
import { scalarIn, type Scalar } from '../sql/scalar.ts';
import type { PostgresClient } from './client.ts';
import { inTransaction, type Run } from './transaction.ts';

const booleanType = 16;
/** int8, int2, int4, oid, float4, float8, numeric: what `select oid from pg_type` says, the same everywhere. */
const numberTypes: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** Asks through a cursor, so that a question with a billion rows as its answer costs no more than two of them. */
export async function readScalar(run: Run, sql: string): Promise<Scalar> {
  await run(`declare backout_answer no scroll cursor for ${sql}`);
  const { fields, rows } = await run('fetch forward 2 from backout_answer');
  await run('close backout_answer');
  return scalarIn(fields, rows, (spelling, { dataTypeID }) => valueOf(spelling, dataTypeID));
}

function valueOf(spelling: string, type: number): boolean | number | string {
  if (type === booleanType) return spelling === 't';
  return numberTypes.has(type) ? Number(spelling) : spelling;
}

/** Asks in a transaction of its own, which changes nothing. */
export async function ask(
  client: PostgresClient,
  sql: string,
  call: Call,
  what: string,
): Promise<Scalar> {
  return inTransaction(client, call, 'read only', what, (run) => readScalar(run, sql));
}
