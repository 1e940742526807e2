// How ledger signs people in, writes purchases and finds invoices in its own, different tables.
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { passwordMatches } from './people.ts';
import type { Placed, Sale, Storefront, Wish } from './storefront.ts';

/** The topic that the feed knows. */
export const knownTopic = 'purchase.v1';

/** The topic of the faulty release, which the feed leaves lying. */
const unknownTopic = 'purchase.v2';

/** The storefront over ledger's database; `dropWrites` is asked at every purchase. */
export function ledgerStorefront(database: pg.Pool, dropWrites: () => number): Storefront {
  return {
    signIn: (email, password) => signIn(database, email, password),
    customerOf: (token) => customerOf(database, token),
    place: (customer, wish) =>
      place(database, customer, wish, Math.random() < dropWrites() ? unknownTopic : knownTopic),
    invoice: (customer, requestId) => invoice(database, customer, requestId),
  };
}

async function signIn(
  database: pg.Pool,
  email: string,
  password: string,
): Promise<string | undefined> {
  const { rows } = await database.query<{ readonly id: string; readonly secret: string }>(
    `select id, secret from account where login = lower($1)`,
    [email],
  );
  const [account] = rows;
  if (account === undefined || !passwordMatches(password, account.secret)) return undefined;
  const token = randomBytes(16).toString('hex');
  await database.query(`insert into session (token, account_id) values ($1, $2)`, [
    token,
    account.id,
  ]);
  return token;
}

async function customerOf(database: pg.Pool, token: string): Promise<string | undefined> {
  const { rows } = await database.query<{ readonly login: string }>(
    `select login from session join account on account.id = account_id where token = $1`,
    [token],
  );
  return rows[0]?.login;
}

/** Purchase, invoice and outbox row are one statement: none is there without the others. */
async function place(database: pg.Pool, login: string, wish: Wish, topic: string): Promise<Placed> {
  const { rows } = await database.query<SaleRow>(
    `with bought as (
       insert into purchase (account_id, item, qty, amount, external_ref, origin)
       select account.id, $3, $4, $5::int / 100.0, $1, 'ledger' from account where login = $2
       on conflict (external_ref) do nothing
       returning id, number, external_ref, item, qty, amount
     ), invoiced as (
       insert into invoice (purchase_id, number, amount)
       select id, 'INV-' || number, amount from bought
     ), noted as (
       insert into outbox (request_id, topic) select external_ref, $6 from bought
     )
     select external_ref as request_id, number, item as sku, qty as quantity,
            (amount * 100)::int as total_cents
     from bought`,
    [wish.requestId, login, wish.sku, wish.quantity, wish.totalCents, topic],
  );
  const [bought] = rows;
  if (bought !== undefined) return { isNew: true, sale: saleOf(bought) };
  const earlier = await invoice(database, login, wish.requestId);
  if (earlier === undefined) throw new Error(`Order ${wish.requestId} belongs to someone else.`);
  return { isNew: false, sale: earlier };
}

async function invoice(
  database: pg.Pool,
  login: string,
  requestId: string,
): Promise<Sale | undefined> {
  const { rows } = await database.query<SaleRow>(
    `select external_ref as request_id, purchase.number, item as sku, qty as quantity,
            (invoice.amount * 100)::int as total_cents
     from purchase
     join account on account.id = account_id
     join invoice on invoice.purchase_id = purchase.id
     where external_ref = $1 and login = $2`,
    [requestId, login],
  );
  return rows[0] === undefined ? undefined : saleOf(rows[0]);
}

interface SaleRow extends Omit<Sale, 'number'> {
  readonly number: string;
}

function saleOf(row: SaleRow): Sale {
  return { ...row, number: Number(row.number) };
}
