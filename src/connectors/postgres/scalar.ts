// A question in SQL that has one value as its answer: one row with one column.
import type { Json } from '../../connector.ts';
import type { Run } from './transaction.ts';

/** The one value, or why there is none. */
export type Scalar =
  | { readonly type: 'value'; readonly value: boolean | number | string; readonly spelling: string }
  | { readonly type: 'nothing'; readonly because: string }
  | { readonly type: 'too-much'; readonly because: string };

const booleanType = 16;
/** int8, int2, int4, oid, float4, float8, numeric: what `select oid from pg_type` says, the same everywhere. */
const numberTypes: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** Asks through a cursor, so that a question with a billion rows as its answer costs no more than two of them. */
export async function readScalar(run: Run, sql: string): Promise<Scalar> {
  await run(`declare backout_answer no scroll cursor for ${sql}`);
  const { fields, rows } = await run('fetch forward 2 from backout_answer');
  await run('close backout_answer');
  const [field] = fields;
  if (field === undefined || fields.length > 1) {
    return { type: 'too-much', because: `the SQL gives ${fields.length} columns instead of one` };
  }
  if (rows.length > 1) return { type: 'too-much', because: 'the SQL gives more than one row' };
  const spelling = rows[0]?.[0];
  if (spelling === undefined) return { type: 'nothing', because: 'the SQL gives no row' };
  if (spelling === null) return { type: 'nothing', because: 'the SQL gives null' };
  return { type: 'value', value: valueOf(spelling, field.dataTypeID), spelling };
}

const shownMaxLength = 200;

/** The value for evidence: long texts by their beginning. */
export function shown(value: boolean | number | string): Json {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value.length <= shownMaxLength) return value;
  return `${value.slice(0, shownMaxLength)}…`;
}

function valueOf(spelling: string, type: number): boolean | number | string {
  if (type === booleanType) return spelling === 't';
  return numberTypes.has(type) ? Number(spelling) : spelling;
}
