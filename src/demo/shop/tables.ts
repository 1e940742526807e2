// The tables of both databases: the same business in two shapes, each with the outbox that its feed reads.
import type pg from 'pg';
import { prices } from './catalogue.ts';

/** Legacy: one name, money in cents, addresses in the customer's spelling, orders numbered by a sequence. */
const legacyTables = `
  create table customers (
    id bigserial primary key,
    email text not null unique,
    name text not null,
    password_hash text not null
  );
  create unique index customers_login on customers (lower(email));
  create table sessions (
    token text primary key,
    customer_email text not null references customers (email),
    created_at timestamptz not null default now()
  );
  create table prices (sku text primary key, cents integer not null);
  create table orders (
    id bigserial primary key,
    request_id uuid not null unique,
    customer_email text not null references customers (email),
    sku text not null references prices (sku),
    quantity integer not null check (quantity > 0),
    total_cents integer not null,
    placed_at timestamptz not null default now()
  );
  create view invoices as
    select 'INV-' || id as number, request_id, customer_email, sku, quantity, total_cents,
           placed_at as issued_at
    from orders;
  create table outbox (
    seq bigserial primary key,
    request_id uuid not null unique,
    topic text not null,
    written_at timestamptz not null default now(),
    applied_at timestamptz
  );
  create index outbox_pending on outbox (seq) where applied_at is null;`;

/** Ledger: first and last name, a lower-case login, money with a currency, invoices of their own. */
const ledgerTables = `
  create table account (
    id uuid primary key default gen_random_uuid(),
    login text not null unique check (login = lower(login)),
    first_name text not null,
    last_name text not null,
    secret text not null
  );
  create table session (
    token text primary key,
    account_id uuid not null references account (id),
    created timestamptz not null default now()
  );
  create sequence purchase_number_seq;
  create table purchase (
    id uuid primary key default gen_random_uuid(),
    number bigint not null default nextval('purchase_number_seq'),
    account_id uuid not null references account (id),
    item text not null,
    qty integer not null check (qty > 0),
    amount numeric(12, 2) not null,
    currency text not null default 'EUR',
    created timestamptz not null default now(),
    external_ref uuid not null unique,
    origin text not null check (origin in ('ledger', 'legacy'))
  );
  create table invoice (
    id uuid primary key default gen_random_uuid(),
    purchase_id uuid not null unique references purchase (id),
    number text not null,
    amount numeric(12, 2) not null,
    issued timestamptz not null default now()
  );
  create table outbox (
    seq bigserial primary key,
    request_id uuid not null unique,
    topic text not null,
    written_at timestamptz not null default now(),
    applied_at timestamptz
  );
  create index outbox_pending on outbox (seq) where applied_at is null;`;

/** Legacy numbers its orders from here; the numbers below are set aside for orders that rings place on ledger. */
export const firstLegacyNumber = 100_001;

/** Makes legacy's tables anew, in a database that holds nothing or an earlier shop. */
export async function makeLegacyTables(client: pg.ClientBase): Promise<void> {
  await clear(client, 'customers');
  await client.query(legacyTables);
  await client.query('insert into prices select key, value::int from json_each_text($1)', [
    JSON.stringify(prices),
  ]);
  await client.query(`select setval('orders_id_seq', $1, false)`, [firstLegacyNumber]);
}

/** Makes ledger's tables anew, in a database that holds nothing or an earlier shop. */
export async function makeLedgerTables(client: pg.ClientBase): Promise<void> {
  await clear(client, 'account');
  await client.query(ledgerTables);
}

/** Empties the database, but only when what is in it is an earlier shop of ours. */
async function clear(client: pg.ClientBase, ours: string): Promise<void> {
  const { rows } = await client.query<{ readonly name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const names = rows.map(({ name }) => name);
  if (names.length === 0) return;
  if (!names.includes(ours) || !names.includes('outbox')) {
    throw new Error(
      `[shop] Cannot make the shop's tables: the database already holds ${names.slice(0, 5).join(', ')}. Give it an empty database.`,
    );
  }
  await client.query('drop schema public cascade; create schema public;');
}
