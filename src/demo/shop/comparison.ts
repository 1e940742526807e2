// Compares the two sides: which purchases that were promised on ledger are missing or different in legacy.
import type pg from 'pg';
import { purchaseOf, purchasesSql, type Purchase } from './landing.ts';

/** What carrying home would have to do. */
export interface Comparison {
  /** Everything that was bought on ledger, in the order of its numbers. */
  readonly bought: readonly Purchase[];
  readonly missing: readonly Purchase[];
  readonly different: readonly Purchase[];
}

/** Compares all purchases made on ledger with legacy's orders. Ledger is right about these: the customer heard it there. */
export async function compareSides(
  ledger: pg.ClientBase | pg.Pool,
  legacy: pg.ClientBase | pg.Pool,
): Promise<Comparison> {
  const { rows } = await ledger.query<Parameters<typeof purchaseOf>[0]>(
    `${purchasesSql} where purchase.origin = 'ledger' order by purchase.number`,
  );
  const bought = rows.map(purchaseOf);
  const orders = await ordersFor(legacy, bought);
  const found = (purchase: Purchase) => orders.get(purchase.request_id);
  return {
    bought,
    missing: bought.filter((purchase) => found(purchase) === undefined),
    different: bought.filter(
      (purchase) => (found(purchase) ?? tellOf(purchase)) !== tellOf(purchase),
    ),
  };
}

interface OrderRow {
  readonly request_id: string;
  readonly sku: string;
  readonly quantity: number;
  readonly total_cents: number;
}

async function ordersFor(
  legacy: pg.ClientBase | pg.Pool,
  bought: readonly Purchase[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await legacy.query<OrderRow>(
    `select request_id, sku, quantity, total_cents from orders where request_id = any ($1::uuid[])`,
    [bought.map(({ request_id }) => request_id)],
  );
  return new Map(rows.map((row) => [row.request_id, tellOf(row)]));
}

/** What the customer was told, as one comparable text. */
function tellOf(row: OrderRow): string {
  return `${row.quantity} ${row.sku} ${row.total_cents}`;
}
