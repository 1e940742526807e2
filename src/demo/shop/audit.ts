// The audit: compares the customers' own book with what is really in legacy's database.
import type pg from 'pg';
import { readBook, type BookLine } from './book.ts';
import { compareSides } from './comparison.ts';

/** What the audit found. All is well when `missing`, `wrong` and `ledgerOnly` are empty. */
export interface Audit {
  /** Orders in the customers' book. */
  readonly promised: number;
  /** Of these, in legacy exactly once and with the promised total. */
  readonly found: number;
  /** The request ids of promised orders that legacy does not have. */
  readonly missing: readonly string[];
  /** The request ids of promised orders that legacy has with another article, quantity or total, or twice. */
  readonly wrong: readonly string[];
  /** The request ids of purchases that only ledger has, promised or not. */
  readonly ledgerOnly: readonly string[];
  /** Orders that never had an answer, and how many of them legacy has: either is right. */
  readonly unknown: { readonly count: number; readonly found: number };
}

/** Reads the book and both databases. Pause the customers first, or what they are just buying counts as missing. */
export async function audit(
  bookPath: string,
  legacy: pg.ClientBase | pg.Pool,
  ledger: pg.ClientBase | pg.Pool,
): Promise<Audit> {
  const { promises, unanswered } = await linesOf(bookPath);
  const orders = await ordersFor(legacy, [...promises.keys(), ...unanswered]);
  const { missing } = await compareSides(ledger, legacy);
  const ids = [...promises.keys()];
  const isMissing = (id: string) => orders.get(id) === undefined;
  const isRight = (id: string) => orders.get(id) === tellOf(promises.get(id));
  return {
    promised: ids.length,
    found: ids.filter(isRight).length,
    missing: ids.filter(isMissing),
    wrong: ids.filter((id) => !isMissing(id) && !isRight(id)),
    ledgerOnly: missing.map(({ request_id }) => request_id),
    unknown: {
      count: unanswered.length,
      found: unanswered.filter((id) => !isMissing(id)).length,
    },
  };
}

type Promised = Extract<BookLine, { readonly type: 'promised' }>;

async function linesOf(bookPath: string): Promise<{
  readonly promises: ReadonlyMap<string, Promised>;
  readonly unanswered: readonly string[];
}> {
  const promises = new Map<string, Promised>();
  const unanswered: string[] = [];
  for await (const line of readBook(bookPath)) {
    if (line.type === 'promised') promises.set(line.request_id, line);
    if (line.type === 'unknown') unanswered.push(line.request_id);
  }
  return { promises, unanswered };
}

/** One text for each request that legacy knows; an order that is there twice says so and equals no promise. */
async function ordersFor(
  legacy: pg.ClientBase | pg.Pool,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await legacy.query<{ readonly request_id: string; readonly told: string }>(
    `select request_id, string_agg(format('%s %s %s', quantity, sku, total_cents), ' and ') as told
     from orders where request_id = any ($1::uuid[]) group by request_id`,
    [ids],
  );
  return new Map(rows.map(({ request_id, told }) => [request_id, told]));
}

function tellOf(line: Promised | undefined): string {
  return line === undefined ? '' : `${line.quantity} ${line.sku} ${line.total_cents}`;
}
