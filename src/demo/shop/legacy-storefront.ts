// How legacy signs people in, writes orders and finds invoices in its own tables.
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { InvoiceCache } from './invoice-cache.ts';
import { passwordMatches } from './people.ts';
import type { Placed, Sale, Storefront, Wish } from './storefront.ts';

/** The storefront over legacy's database. */
export function legacyStorefront(database: pg.Pool, cache: InvoiceCache): Storefront {
  return {
    signIn: (email, password) => signIn(database, email, password),
    customerOf: (token) => customerOf(database, token),
    place: (customer, wish) => place(database, customer, wish),
    invoice: (customer, requestId) =>
      cache.read(customer, requestId, () => invoice(database, customer, requestId)),
  };
}

async function signIn(
  database: pg.Pool,
  email: string,
  password: string,
): Promise<string | undefined> {
  const { rows } = await database.query<{ readonly email: string; readonly hash: string }>(
    `select email, password_hash as hash from customers where lower(email) = lower($1)`,
    [email],
  );
  const [customer] = rows;
  if (customer === undefined || !passwordMatches(password, customer.hash)) return undefined;
  const token = randomBytes(16).toString('hex');
  await database.query(`insert into sessions (token, customer_email) values ($1, $2)`, [
    token,
    customer.email,
  ]);
  return token;
}

async function customerOf(database: pg.Pool, token: string): Promise<string | undefined> {
  const { rows } = await database.query<{ readonly email: string }>(
    `select customer_email as email from sessions where token = $1`,
    [token],
  );
  return rows[0]?.email;
}

/** Order and outbox row are one statement: neither is there without the other. */
async function place(database: pg.Pool, customer: string, wish: Wish): Promise<Placed> {
  const { rows } = await database.query<SaleRow>(
    `with placed as (
       insert into orders (request_id, customer_email, sku, quantity, total_cents)
       values ($1, $2, $3, $4, $5)
       on conflict (request_id) do nothing
       returning request_id, id as number, sku, quantity, total_cents
     ), noted as (
       insert into outbox (request_id, topic) select request_id, 'order.v1' from placed
     )
     select * from placed`,
    [wish.requestId, customer, wish.sku, wish.quantity, wish.totalCents],
  );
  const [placed] = rows;
  if (placed !== undefined) return { isNew: true, sale: saleOf(placed) };
  const earlier = await invoice(database, customer, wish.requestId);
  if (earlier === undefined) throw new Error(`Order ${wish.requestId} belongs to someone else.`);
  return { isNew: false, sale: earlier };
}

async function invoice(
  database: pg.Pool,
  customer: string,
  requestId: string,
): Promise<Sale | undefined> {
  const { rows } = await database.query<SaleRow>(
    `select request_id, id as number, sku, quantity, total_cents
     from orders where request_id = $1 and customer_email = $2`,
    [requestId, customer],
  );
  return rows[0] === undefined ? undefined : saleOf(rows[0]);
}

interface SaleRow extends Omit<Sale, 'number'> {
  readonly number: string;
}

function saleOf(row: SaleRow): Sale {
  return { ...row, number: Number(row.number) };
}
