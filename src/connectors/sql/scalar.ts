// A question in SQL that has one value as its answer, whichever database is asked: what may come of it, and what is shown.
import type { Json, Reading } from '../../connector.ts';

/** The one value, or why there is none. */
export type Scalar =
  | { readonly type: 'value'; readonly value: boolean | number | string; readonly spelling: string }
  | { readonly type: 'nothing'; readonly because: string }
  | { readonly type: 'too-much'; readonly because: string };

/** Judges an answer of at most two rows: it must have one column and one row. */
export function scalarIn<Column>(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  valueOf: (spelling: string, column: Column) => boolean | number | string,
): Scalar {
  const [column] = columns;
  if (column === undefined || columns.length > 1) {
    return { type: 'too-much', because: `the SQL gives ${columns.length} columns instead of one` };
  }
  if (rows.length > 1) return { type: 'too-much', because: 'the SQL gives more than one row' };
  const spelling = rows[0]?.[0];
  if (spelling === undefined) return { type: 'nothing', because: 'the SQL gives no row' };
  if (spelling === null) return { type: 'nothing', because: 'the SQL gives null' };
  return { type: 'value', value: valueOf(spelling, column), spelling };
}

const shownMaxLength = 200;

/** The value for evidence: long texts by their beginning. */
export function shown(value: boolean | number | string): Json {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'string' || value.length <= shownMaxLength) return value;
  return `${value.slice(0, shownMaxLength)}…`;
}

/** The reading of a signal; `what` goes before the colon: `[postgres] Cannot read shop`. */
export function toReading(what: string, at: number, found: Scalar): Reading {
  const wrong = (because: string): Reading => ({
    type: 'error',
    at,
    class: 'refused',
    because: `${what}: ${because}.`,
  });
  switch (found.type) {
    case 'nothing':
      return { type: 'no-data', at, because: found.because };
    case 'too-much':
      return wrong(found.because);
    case 'value': {
      if (typeof found.value === 'string') return wrong('the SQL gives a text instead of a number');
      const value = Number(found.value);
      if (!Number.isFinite(value)) {
        return { type: 'no-data', at, because: `the SQL gives ${found.spelling}` };
      }
      return { type: 'number', at, value };
    }
  }
}
