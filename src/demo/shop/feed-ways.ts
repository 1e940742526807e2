// The two ways of the feed: legacy's orders to ledger's tables, and ledger's purchases home to legacy's.
import type pg from 'pg';
import {
  inTransaction,
  landOnLegacy,
  lockOrders,
  markApplied,
  purchaseOf,
  purchasesSql,
  type Purchase,
} from './landing.ts';
import { knownTopic } from './ledger-storefront.ts';

/** One way of copying. Both are safe to repeat: what has arrived is left alone. */
export interface FeedWay {
  /** Copies the oldest rows that are older than the lag; returns how many. */
  readonly copy: (lagMs: number) => Promise<number>;
  readonly pending: () => Promise<Pending>;
}

/** What has been written on one side and not been copied. */
export interface Pending {
  readonly rows: number;
  /** The age of the oldest such row, in seconds; 0 when there is none. */
  readonly lagSeconds: number;
}

/** The most rows that one round copies. */
const batchRows = 200;

/** Legacy to ledger, before the cutover. */
export function wayToNew(legacy: pg.Pool, ledger: pg.Pool): FeedWay {
  return {
    pending: () => pendingIn(legacy),
    copy: async (lagMs) => {
      const { rows } = await legacy.query<{ readonly request_id: string }>(
        `select orders.request_id, orders.id as number, lower(customer_email) as login, sku, quantity,
                total_cents, placed_at::text
         from outbox join orders using (request_id)
         where applied_at is null and written_at <= now() - $1 * interval '1 millisecond'
         order by seq limit ${batchRows}`,
        [lagMs],
      );
      if (rows.length === 0) return 0;
      await writeToLedger(ledger, rows);
      await legacy.query(
        `update outbox set applied_at = now() where request_id = any ($1::uuid[])`,
        [rows.map(({ request_id }) => request_id)],
      );
      return rows.length;
    },
  };
}

/** Ledger to legacy, after the cutover; `spoil` changes what is written, when the feed has a fault. */
export function wayToLegacy(
  legacy: pg.Pool,
  ledger: pg.Pool,
  spoil: (purchase: Purchase) => Purchase,
): FeedWay {
  return {
    pending: () => pendingIn(ledger),
    copy: async (lagMs) => {
      const { rows } = await ledger.query<Parameters<typeof purchaseOf>[0]>(
        `${purchasesSql} join outbox on outbox.request_id = purchase.external_ref
         where applied_at is null and topic = $1
           and written_at <= now() - $2 * interval '1 millisecond'
         order by seq limit ${batchRows}`,
        [knownTopic, lagMs],
      );
      if (rows.length === 0) return 0;
      const purchases = rows.map(purchaseOf);
      await inTransaction(legacy, async (client) => {
        await lockOrders(client);
        await landOnLegacy(client, purchases.map(spoil));
      });
      await markApplied(ledger, purchases);
      return rows.length;
    },
  };
}

/** Writes orders of legacy into ledger's tables, unless they are there. */
export async function writeToLedger(
  ledger: pg.ClientBase | pg.Pool,
  orders: readonly object[],
): Promise<void> {
  await ledger.query(
    `with bought as (
       insert into purchase (number, account_id, item, qty, amount, created, external_ref, origin)
       select a.number, account.id, a.sku, a.quantity, a.total_cents / 100.0, a.placed_at,
              a.request_id, 'legacy'
       from jsonb_to_recordset($1) as a (request_id uuid, number bigint, login text, sku text,
         quantity int, total_cents int, placed_at timestamptz)
       join account using (login)
       on conflict (external_ref) do nothing
       returning id, number, amount, created
     )
     insert into invoice (purchase_id, number, amount, issued)
     select id, 'INV-' || number, amount, created from bought`,
    [JSON.stringify(orders)],
  );
}

async function pendingIn(pool: pg.Pool): Promise<Pending> {
  const { rows } = await pool.query<Pending>(
    `select count(*)::int as rows,
            coalesce(extract(epoch from now() - min(written_at)), 0)::float8 as "lagSeconds"
     from outbox where applied_at is null`,
  );
  return rows[0] ?? { rows: 0, lagSeconds: 0 };
}
