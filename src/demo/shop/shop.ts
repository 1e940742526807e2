// The whole shop as one thing: starts its parts on two databases, and lets the demo migrate, break, look and stop.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';
import { askPart } from './admin.ts';
import { audit, type Audit } from './audit.ts';
import { processFile, startChild, type Child, type PartName } from './children.ts';
import type { CustomerStats } from './customer-stats.ts';
import { inTransaction } from './landing.ts';
import { copyToLedger, cutOver, openRing, seedLegacy, type MigrationWorld } from './migrate.ts';
import { databaseVariables } from './part.ts';
import { breakIt, mendIt, type Scenario } from './scenarios.ts';
import { makeLedgerTables, makeLegacyTables } from './tables.ts';
import type { Weights } from './weights.ts';

/** What the shop needs to start. */
export interface ShopOptions {
  /** The address of an empty Postgres database, or of one that held an earlier shop, for legacy. */
  readonly legacyUrl: string;
  /** The same for the new service; another database. */
  readonly newUrl: string;
  /** Where the customers' book and the flags are kept; made when it is missing. */
  readonly folder: string;
  /** Requests a second that the customers send. */
  readonly rate: number;
  /** How many customers there are. Default 150. */
  readonly customers?: number;
  /** Hears what the parts say on stderr. */
  readonly log: (line: string) => void;
}

/** A command for whoever must run it: no shell; the databases travel in the environment. */
export interface ShopCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A running shop. */
export interface Shop {
  /** Where each part listens. */
  readonly urls: Readonly<Record<PartName, string>>;
  readonly pids: Readonly<Record<PartName, number>>;
  /** The customers' book, a file of JSON lines. */
  readonly book: string;
  /** Add `--check`, or `--apply --at-most N`. */
  readonly carry: ShopCommand;
  /** The forward migration, in its order. */
  readonly migrate: {
    readonly copy: () => Promise<void>;
    readonly openRing: (percent: number) => Promise<void>;
    readonly cutOver: () => Promise<void>;
  };
  readonly weights: () => Promise<Weights>;
  readonly breakIt: (scenario: Scenario) => Promise<void>;
  readonly mend: () => Promise<void>;
  readonly stats: () => Promise<CustomerStats>;
  /** No customer begins anything new; resolves when all have their answer and the book is on disk. */
  readonly pause: () => Promise<CustomerStats>;
  readonly resume: () => Promise<CustomerStats>;
  /** Compares the book with the databases. Pause first. */
  readonly audit: () => Promise<Audit>;
  readonly stop: () => Promise<void>;
}

/** The longest that pausing may take: the customers' own limit and a little more, in milliseconds. */
const pauseMsMax = 16_000;

/** How many customers shop when nobody says otherwise. */
const customersDefault = 150;

/** The orders of earlier days that legacy begins with. */
const earlierOrders = 900;

/** Makes both databases anew and starts every part. Everyone is served by legacy; nothing is copied yet. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const legacy = openPool(options.legacyUrl, options.log);
  const ledger = openPool(options.newUrl, options.log);
  const started: Promise<Child>[] = [];
  const stop = once(async () => {
    await Promise.allSettled(started.map(async (child) => (await child).stop()));
    await Promise.all([legacy.end(), ledger.end()]);
  });
  try {
    await openDatabases(legacy, ledger, options.customers ?? customersDefault);
    const parts = await startParts(options, started);
    return shopOf(options, parts, { legacy, ledger }, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function openPool(connectionString: string, log: (line: string) => void): Pool {
  const pool = new Pool({ connectionString, max: 3, connectionTimeoutMillis: 5000 });
  pool.on('error', (error) => {
    if (!pool.ended) log(`[shop] lost a database connection: ${error.message}`);
  });
  return pool;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

async function openDatabases(legacy: Pool, ledger: Pool, customers: number): Promise<void> {
  await Promise.all([
    inTransaction(legacy, async (client) => {
      await makeLegacyTables(client);
      await seedLegacy(client, customers, earlierOrders);
    }),
    inTransaction(ledger, makeLedgerTables),
  ]);
}

async function startParts(
  options: ShopOptions,
  started: Promise<Child>[],
): Promise<Readonly<Record<PartName, Child>>> {
  const { folder, rate, log, customers: count = customersDefault } = options;
  const env = { ...process.env, ...databaseEnv(options) };
  await mkdir(folder, { recursive: true });
  await rm(flagsFile(folder), { force: true });
  await rm(bookFile(folder), { force: true });
  const start = (name: PartName, args: readonly string[] = []) => {
    const child = startChild(name, { args, env, log });
    started.push(child);
    return child;
  };
  const [legacy, ledger, flags, feed] = await Promise.all([
    start('legacy'),
    start('ledger'),
    start('flags', [`--file=${flagsFile(folder)}`]),
    start('feed', ['--direction=off']),
  ]);
  const router = await start('router', [
    `--legacy=${legacy.url}`,
    `--new=${ledger.url}`,
    `--flags=${flags.url}`,
  ]);
  const customers = await start('customers', [
    `--url=${router.url}`,
    `--book=${bookFile(folder)}`,
    `--rate=${rate}`,
    `--count=${count}`,
  ]);
  return { legacy, ledger, flags, feed, router, customers };
}

function shopOf(
  options: ShopOptions,
  parts: Readonly<Record<PartName, Child>>,
  pools: { readonly legacy: Pool; readonly ledger: Pool },
  stop: () => Promise<void>,
): Shop {
  const urls = mapParts(parts, ({ url }) => url);
  const book = bookFile(options.folder);
  const world: MigrationWorld = { ...pools, urls };
  const pauseCustomers = (pause: boolean) =>
    askPart<CustomerStats>('PUT', `${urls.customers}/admin`, { pause }, pauseMsMax);
  return {
    urls,
    pids: mapParts(parts, ({ pid }) => pid),
    book,
    carry: { argv: [process.execPath, processFile('carry')], env: databaseEnv(options) },
    migrate: {
      copy: () => copyToLedger(world),
      openRing: (percent) => openRing(world, percent),
      cutOver: () => cutOver(world),
    },
    weights: () => askPart('GET', `${urls.router}/admin/weights`),
    breakIt: (scenario) => breakIt(urls, scenario),
    mend: () => mendIt(urls),
    stats: () => askPart('GET', `${urls.customers}/admin/stats`),
    pause: () => pauseCustomers(true),
    resume: () => pauseCustomers(false),
    audit: () => audit(book, pools.legacy, pools.ledger),
    stop,
  };
}

function databaseEnv(options: ShopOptions): Readonly<Record<string, string>> {
  return {
    [databaseVariables.legacy]: options.legacyUrl,
    [databaseVariables.ledger]: options.newUrl,
  };
}

function mapParts<Value>(
  parts: Readonly<Record<PartName, Child>>,
  read: (child: Child) => Value,
): Readonly<Record<PartName, Value>> {
  return {
    legacy: read(parts.legacy),
    ledger: read(parts.ledger),
    router: read(parts.router),
    flags: read(parts.flags),
    feed: read(parts.feed),
    customers: read(parts.customers),
  };
}

function bookFile(folder: string): string {
  return join(folder, 'book.jsonl');
}

function flagsFile(folder: string): string {
  return join(folder, 'flags.json');
}
