// Brings purchases from ledger to legacy, in legacy's shape: used by the reverse feed and by the carry command.
import type pg from 'pg';

/** A purchase as it should stand in legacy. */
export interface Purchase {
  readonly request_id: string;
  readonly number: number;
  readonly login: string;
  readonly sku: string;
  readonly quantity: number;
  readonly total_cents: number;
  readonly placed_at: string;
}

/** What landing did: orders newly written, and how many of them could not keep their number. */
export interface Landed {
  readonly inserted: number;
  readonly renumbered: number;
}

/** How ledger's tables spell a `Purchase`; a `where` may follow. */
export const purchasesSql = `
  select purchase.external_ref as request_id, purchase.number, account.login,
         purchase.item as sku, purchase.qty as quantity,
         (purchase.amount * 100)::int as total_cents, purchase.created::text as placed_at
  from purchase join account on account.id = purchase.account_id`;

/** Reads a row of `purchasesSql`. */
export function purchaseOf(row: Omit<Purchase, 'number'> & { readonly number: string }): Purchase {
  return { ...row, number: Number(row.number) };
}

/** Keeps everyone else from writing orders until this transaction ends, so that a number that is free stays free. */
export async function lockOrders(legacy: pg.ClientBase): Promise<void> {
  await legacy.query(`set local lock_timeout = '5s'`);
  await legacy.query('lock table orders in share row exclusive mode');
}

/**
 * Writes the purchases that legacy does not have, under ledger's numbers; a number that legacy has meanwhile given to
 * another order is replaced by the next free one. Legacy's sequence is not moved by this. Call it after `lockOrders`.
 */
export async function landOnLegacy(
  legacy: pg.ClientBase,
  purchases: readonly Purchase[],
): Promise<Landed> {
  const { rows } = await legacy.query<{ readonly renumbered: boolean }>(
    `with arriving as (
       select * from jsonb_to_recordset($1) as a (request_id uuid, number bigint, login text,
         sku text, quantity int, total_cents int, placed_at timestamptz)
       where not exists (select from orders where orders.request_id = a.request_id)
     ), numbered as (
       select *, exists (select from orders where orders.id = number) as taken from arriving
     ), top as (
       select greatest((select max(id) from orders), (select max(number) from arriving)) as number
     )
     insert into orders (id, request_id, customer_email, sku, quantity, total_cents, placed_at)
     select case when taken
              then top.number + row_number() over (partition by taken order by numbered.number)
              else numbered.number end,
            request_id, customers.email, sku, quantity, total_cents, placed_at
     from numbered cross join top join customers on lower(customers.email) = login
     on conflict (request_id) do nothing
     returning id <> (select number from arriving where arriving.request_id = orders.request_id)
       as renumbered`,
    [JSON.stringify(purchases)],
  );
  return { inserted: rows.length, renumbered: rows.filter(({ renumbered }) => renumbered).length };
}

/** Gives legacy's orders what ledger says was bought; returns how many were not so. */
export async function repairOnLegacy(
  legacy: pg.ClientBase,
  purchases: readonly Purchase[],
): Promise<number> {
  const { rowCount } = await legacy.query(
    `update orders
     set sku = right_one.sku, quantity = right_one.quantity, total_cents = right_one.total_cents
     from jsonb_to_recordset($1) as right_one (request_id uuid, sku text, quantity int, total_cents int)
     where orders.request_id = right_one.request_id
       and (orders.sku, orders.quantity, orders.total_cents)
           is distinct from (right_one.sku, right_one.quantity, right_one.total_cents)`,
    [JSON.stringify(purchases)],
  );
  return rowCount ?? 0;
}

/** Tells ledger that these purchases have reached legacy. */
export async function markApplied(
  ledger: pg.ClientBase | pg.Pool,
  purchases: readonly Purchase[],
): Promise<void> {
  await ledger.query(
    `update outbox set applied_at = now() where applied_at is null and request_id = any ($1::uuid[])`,
    [purchases.map(({ request_id }) => request_id)],
  );
}

/** Runs the work in one transaction on its own connection. */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.ClientBase) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined); // The first error is the one to tell.
    throw error;
  } finally {
    client.release();
  }
}
