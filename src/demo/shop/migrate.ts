// The forward migration of the shop, phase by phase: copy, rings, cutover. And the seed that it begins with.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { randomUUID } from 'node:crypto';
import { askPart } from './admin.ts';
import { skus, totalCentsOf } from './catalogue.ts';
import type { FeedDirection } from './feed-settings.ts';
import { writeToLedger } from './feed-ways.ts';
import { passwordHash, person } from './people.ts';
import { firstLegacyNumber } from './tables.ts';
import type { Weights } from './weights.ts';

/** What the migration works on. */
export interface MigrationWorld {
  readonly legacy: pg.Pool;
  readonly ledger: pg.Pool;
  readonly urls: { readonly router: string; readonly feed: string };
}

/** How long the feed has to catch up before a phase gives up, in milliseconds. */
const catchUpMsMax = 30_000;

/** While legacy serves customers, this many rows may always be on their way. */
const underWayRows = 50;

/** Fills legacy with customers and orders of earlier days. */
export async function seedLegacy(
  legacy: pg.ClientBase,
  customers: number,
  orders: number,
): Promise<void> {
  const people = Array.from({ length: customers }, (_, number) => {
    const { email, name, password } = person(number);
    return { email, name, password_hash: passwordHash(password) };
  });
  await legacy.query(
    `insert into customers (email, name, password_hash)
     select * from jsonb_to_recordset($1) as a (email text, name text, password_hash text)`,
    [JSON.stringify(people)],
  );
  await legacy.query(
    `insert into orders (request_id, customer_email, sku, quantity, total_cents, placed_at)
     select request_id, email, sku, quantity, total_cents, now() - age * interval '1 hour'
     from jsonb_to_recordset($1)
       as a (request_id uuid, email text, sku text, quantity int, total_cents int, age int)
     order by age desc`,
    [
      JSON.stringify(
        Array.from({ length: orders }, (_, number) => earlierOrder(number, customers)),
      ),
    ],
  );
}

/** Phase 1: copies what legacy has to ledger's schema, then keeps copying. Legacy serves everyone. */
export async function copyToLedger(world: MigrationWorld): Promise<void> {
  await setFeed(world, 'off');
  await copyAccounts(world);
  await copyOrders(world);
  await numberFrom(world.ledger, await lastRingNumber(world.ledger));
  await setFeed(world, 'to-new');
  await caughtUp(world, underWayRows);
}

/** Phase 2, as often as there are rings: this share of customers is served by ledger; both sides are copied. */
export async function openRing(world: MigrationWorld, percent: number): Promise<void> {
  await setFeed(world, 'both');
  await setWeights(world, { legacy: 100 - percent, new: percent });
}

/**
 * Phase 3: ledger serves everyone. When legacy has answered its last request and its last order has been copied, ledger
 * takes over the numbering, and the feed turns round. From here on legacy's own sequence lags behind its rows.
 */
export async function cutOver(world: MigrationWorld): Promise<void> {
  await setWeights(world, { legacy: 0, new: 100 });
  await caughtUp(world, 0);
  const { rows } = await world.legacy.query<{ readonly last: string }>(
    `select greatest(last_value, (select max(id) from orders)) as last from orders_id_seq`,
  );
  await numberFrom(world.ledger, Number(rows[0]?.last ?? firstLegacyNumber));
  await setFeed(world, 'to-legacy');
}

/** Turns the feed; resolves when what it was doing the old way has ended. */
async function setFeed(world: MigrationWorld, direction: FeedDirection): Promise<void> {
  await askPart('PUT', `${world.urls.feed}/admin`, { direction });
}

/** Sets the router's weights; resolves when a side without customers has answered its last request. */
async function setWeights(world: MigrationWorld, weights: Weights): Promise<void> {
  await askPart('PUT', `${world.urls.router}/admin/weights`, weights);
}

function earlierOrder(number: number, customers: number): object {
  const sku = skus[number % skus.length] ?? 'cup-blue';
  const quantity = 1 + (number % 3);
  return {
    request_id: randomUUID(),
    email: person(number % customers).email,
    sku,
    quantity,
    total_cents: totalCentsOf(sku, quantity),
    age: number + 1,
  };
}

/** One name becomes two; the spelling of the address is given up for a login. */
async function copyAccounts({ legacy, ledger }: MigrationWorld): Promise<void> {
  const { rows } = await legacy.query<object>(
    `select lower(email) as login, split_part(name, ' ', 1) as first_name,
            substr(name, strpos(name || ' ', ' ') + 1) as last_name, password_hash as secret
     from customers`,
  );
  await ledger.query(
    `insert into account (login, first_name, last_name, secret)
     select * from jsonb_to_recordset($1)
       as a (login text, first_name text, last_name text, secret text)
     on conflict (login) do update
       set first_name = excluded.first_name, last_name = excluded.last_name, secret = excluded.secret`,
    [JSON.stringify(rows)],
  );
}

async function copyOrders({ legacy, ledger }: MigrationWorld): Promise<void> {
  const { rows } = await legacy.query<object>(
    `select request_id, id as number, lower(customer_email) as login, sku, quantity, total_cents,
            placed_at::text
     from orders`,
  );
  await writeToLedger(ledger, rows);
}

/** The highest number that a ring has used so far; rings number below legacy's first order. */
async function lastRingNumber(ledger: pg.Pool): Promise<number> {
  const { rows } = await ledger.query<{ readonly last: string }>(
    `select coalesce(max(number), 1) as last from purchase where number < $1`,
    [firstLegacyNumber],
  );
  return Number(rows[0]?.last ?? 1);
}

async function numberFrom(ledger: pg.Pool, last: number): Promise<void> {
  await ledger.query(`select setval('purchase_number_seq', $1)`, [last]);
}

async function caughtUp(world: MigrationWorld, rowsMax: number): Promise<void> {
  const deadline = Date.now() + catchUpMsMax;
  for (;;) {
    const { pending } = await askPart<FeedState>('GET', `${world.urls.feed}/admin`);
    const { rows } = pending['to-new'];
    if (rows <= rowsMax) return;
    if (Date.now() > deadline) {
      throw new Error(`[shop] Cannot go on: ${rows} rows not copied after ${catchUpMsMax} ms.`);
    }
    await sleep(50);
  }
}

interface FeedState {
  readonly pending: { readonly 'to-new': { readonly rows: number } };
}
