// A question in SQL that has one value as its answer, asked of MySQL as the source of another question.
import { scalarIn, type Scalar } from '../sql/scalar.ts';
import type { Call } from '../../connector.ts';
import type { MysqlClient } from './client.ts';
import type { Run } from './connection.ts';
import { readOnly } from './transaction.ts';

/**
 * DECIMAL, TINY, SHORT, LONG, FLOAT, DOUBLE, LONGLONG, INT24, YEAR, BIT, NEWDECIMAL: the protocol's types of columns. There
 * is none for yes and no: what is true is 1.
 */
const numberTypes: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 8, 9, 13, 16, 246]);

/** Wrapped so that it can be nothing but a question, and that of a billion rows as its answer two are sent. */
export async function readScalar(run: Run, sql: string): Promise<Scalar> {
  const question = sql.replace(/[\s;]+$/, '');
  // The line break ends a comment in the last line of the question.
  const { types, rows } = await run(`select * from (${question}\n) as backout_answer limit 2`);
  return scalarIn(types, rows, (spelling, type) =>
    numberTypes.has(type) ? Number(spelling) : spelling,
  );
}

/** Asks in a transaction of its own, which changes nothing. */
export async function ask(
  client: MysqlClient,
  sql: string,
  call: Call,
  what: string,
): Promise<Scalar> {
  return readOnly(client, call, what, (run) => readScalar(run, sql));
}
