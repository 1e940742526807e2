// A shop that runs for one test, with what the tests ask of it.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { startShop, type Shop } from '../../src/demo/shop/shop.ts';
import { startTestPostgres } from './postgres.ts';

/** A running shop with its databases. */
export interface RunningShop {
  readonly shop: Shop;
  readonly legacy: Pool;
  readonly ledger: Pool;
  readonly addresses: { readonly legacyUrl: string; readonly newUrl: string };
  /** Runs the carry command. */
  readonly carry: (...args: readonly string[]) => Promise<CarryResult>;
  readonly stop: () => Promise<void>;
}

/** What the carry command answered. */
export interface CarryResult {
  readonly code: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly stderr: string;
}

/** How long a condition may take to come true, in milliseconds. */
const untilMsMax = 20_000;

/** Starts Postgres, two databases and the shop. */
export async function startRunningShop(): Promise<RunningShop> {
  const postgres = await startTestPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const addresses = {
    legacyUrl: await postgres.database('legacy'),
    newUrl: await postgres.database('ledger'),
  };
  const shop = await startShop({ ...addresses, folder, rate: 60, customers: 60, log: () => {} });
  const legacy = new Pool({ connectionString: addresses.legacyUrl, max: 2 });
  const ledger = new Pool({ connectionString: addresses.newUrl, max: 2 });
  for (const pool of [legacy, ledger]) pool.on('error', () => undefined);
  return {
    shop,
    legacy,
    ledger,
    addresses,
    carry: (...args) => runCarry(shop, args),
    stop: async () => {
      await Promise.all([legacy.end(), ledger.end(), shop.stop()]);
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the reading is as it should be, and returns it. */
export async function until<Reading>(
  what: string,
  read: () => Promise<Reading>,
  isSo: (reading: Reading) => boolean,
): Promise<Reading> {
  const deadline = Date.now() + untilMsMax;
  for (;;) {
    const reading = await read();
    if (isSo(reading)) return reading;
    if (Date.now() > deadline) throw new Error(`Never ${what}: ${JSON.stringify(reading)}`);
    await sleep(50);
  }
}

/** Asks a part; returns status, JSON and headers whatever the status. */
export async function ask(
  method: string,
  url: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly json: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(5000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, json, headers: response.headers };
}

/** The sum of all series on a metrics page whose line begins so and holds all the labels. */
export async function metric(url: string, name: string, ...labels: string[]): Promise<number> {
  const page = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5000) })).text();
  return page
    .split('\n')
    .filter((line) => line.startsWith(name) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** The one value of a query that has one. */
export async function valueOf(pool: Pool, sql: string): Promise<unknown> {
  const { rows } = await pool.query<Record<string, unknown>>(sql);
  return Object.values(rows[0] ?? {})[0];
}

function runCarry(shop: Shop, args: readonly string[]): Promise<CarryResult> {
  const [node = '', ...file] = shop.carry.argv;
  const env = { ...process.env, ...shop.carry.env };
  return new Promise((resolve) => {
    execFile(node, [...file, ...args], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      const json = stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>);
      resolve({ code: Number(error?.code ?? 0), json, stderr });
    });
  });
}
