// Legacy's cache of invoices, which also remembers those that were not there: after a cutover it can be wrong.
import type pg from 'pg';
import type { Sale } from './storefront.ts';
import { fieldsOf, refusal, type Answer, type Route } from './web.ts';

/** What is remembered of one invoice: `sale` is missing when there was none. */
export interface CachedInvoice {
  readonly requestId: string;
  readonly sale: Sale | undefined;
}

/** A bounded cache that forgets only when it is flushed or full. */
export interface InvoiceCache {
  readonly read: (
    customer: string,
    requestId: string,
    fetch: () => Promise<Sale | undefined>,
  ) => Promise<Sale | undefined>;
  readonly routes: readonly Route[];
}

/** The most invoices that are remembered; the oldest goes first. */
const entriesMax = 20_000;

/** Makes an empty cache over the orders of this database. */
export function createInvoiceCache(database: pg.Pool): InvoiceCache {
  const entries = new Map<string, CachedInvoice>();
  let generation = 1;
  let epoch = '';
  const flush = (newEpoch: string): Answer => {
    entries.clear();
    generation += 1;
    epoch = newEpoch;
    return { status: 200, json: { entries: 0, stale: 0, generation, epoch } };
  };
  const state = async (): Promise<Answer> => {
    const stale = await staleEntries(database, [...entries.values()]);
    return { status: 200, json: { entries: entries.size, stale, generation, epoch } };
  };
  return {
    read: async (customer, requestId, fetch) => {
      const key = `${customer} ${requestId}`;
      const cached = entries.get(key);
      if (cached !== undefined) return cached.sale;
      const began = generation;
      const sale = await fetch();
      if (began === generation) remember(entries, key, { requestId, sale });
      return sale;
    },
    routes: [
      { method: 'GET', path: '/admin/cache', handle: state },
      {
        method: 'POST',
        path: '/admin/cache/flush',
        handle: (asked) => {
          const { epoch: wanted = '' } = fieldsOf(asked.body);
          return typeof wanted === 'string' ? flush(wanted) : refusal(400, 'An epoch is a text.');
        },
      },
    ],
  };
}

function remember(entries: Map<string, CachedInvoice>, key: string, invoice: CachedInvoice): void {
  const [oldest] = entries.keys();
  if (entries.size >= entriesMax && oldest !== undefined) entries.delete(oldest);
  entries.set(key, invoice);
}

/** How many entries say something else than the database does now. */
async function staleEntries(database: pg.Pool, cached: readonly CachedInvoice[]): Promise<number> {
  const { rows } = await database.query<{ readonly stale: number }>(
    `select count(*)::int as stale
     from unnest($1::uuid[], $2::int[]) as cached (request_id, total_cents)
     left join orders using (request_id)
     where cached.total_cents is distinct from orders.total_cents`,
    [cached.map(({ requestId }) => requestId), cached.map(({ sale }) => sale?.total_cents ?? null)],
  );
  return rows[0]?.stale ?? 0;
}
