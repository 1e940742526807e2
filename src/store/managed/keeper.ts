// The keeper: a small detached process that owns the managed server, so that no Backout process takes it along when it dies.
//
// Why a process of its own: several Backout nodes share one data folder, any of them may be killed at any moment, and the
// others must go on at once. So the server belongs to none of them. The keeper starts it (bound to the keeper's own life
// by pdeathsig), counts the connected clients, and stops it when there has been none for a while; whoever finds no
// server starts a new keeper. Exactly one keeper exists per folder, because it holds an advisory lock in the server that
// Postgres's own postmaster.pid makes unique. A kill -9 of everything at once leaves nothing that needs mending.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { StoreError, type StoreErrorCode } from '../errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { ensureCluster, isAlive } from './cluster.ts';
import type { Places } from './folder.ts';
import { postmasterPid, startServer } from './server.ts';

/** What the keeper is told, as its one argument. */
export interface KeeperOrder {
  readonly places: Places;
  readonly binaries: Binaries;
  readonly account: Account | null;
  /** How long the server stays without clients. */
  readonly lingerMs: number;
}

/** What the keeper answers, as one line. */
export type KeeperWord =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly code: StoreErrorCode; readonly message: string };

/** The advisory lock that says "this server has a keeper", in the database `postgres`. */
export const keeperLock = 4_207_201_701;

/** What a client that leaves calls itself while it waits, so that it is not counted. */
export const leavingName = 'backout-leaving';

/** What the keeper calls itself; the rest is its process id, so that who leaves can wait for its end. */
export function keeperName(rest: string | number): string {
  return `backout-keeper-${rest}`;
}

/** Asks the keeper to count now instead of within a second. */
export const leavingChannel = 'backout_leaving';

/** Clients that still need the server. */
export const othersQuery = `select count(*)::int as others from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()
  and application_name <> '${leavingName}' and application_name not like '${keeperName('%')}'`;

const countEveryMs = 1000;
const drainWithinMs = 60_000;

if (import.meta.main) await main();

async function main(): Promise<void> {
  process.stdout.on('error', () => undefined); // whoever asked may be dead by now
  // Our own caller wrote it, a moment ago.
  const order = JSON.parse(process.argv[2] ?? '') as KeeperOrder;
  try {
    await ensureCluster(order.places, order.binaries, order.account);
    const client = await startServer(order, keeperName(process.pid));
    const mine = await isMine(client);
    if (mine) await prepare(client);
    say({ type: 'ready' });
    if (mine) await keep(order, client);
    process.exit(0);
  } catch (error) {
    const code = error instanceof StoreError ? error.code : 'not-started';
    say({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    setTimeout(() => process.exit(), 100);
  }
}

function say(word: KeeperWord): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}

async function isMine(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>(
    'select pg_try_advisory_lock($1) as mine',
    [keeperLock],
  );
  return rows[0]?.mine === true;
}

/** The database of the journal, and the settings without which "written" would not mean "kept". */
async function prepare(client: Client): Promise<void> {
  const { rowCount } = await client.query(`select 1 from pg_database where datname = 'backout'`);
  if (rowCount === 0) await client.query('create database backout');
  const { rows } = await client.query<{ name: string }>(
    `select name from pg_settings where setting <> 'on'
     and name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums')`,
  );
  if (rows.length === 0) return;
  const off = rows.map((row) => row.name).join(', ');
  throw new StoreError(
    'unsafe-settings',
    `[store] Cannot trust this data folder: ${off} is off, so a power cut could lose what was written. Stop everything that uses the folder and turn it on (pg_checksums --enable for data_checksums).`,
  );
}

/**
 * Until nobody needs the server or it is gone. Told to stop (a service manager tells all processes of a service at
 * once), the keeper lets the clients finish first, for they still have to write down that they stop.
 */
async function keep(order: KeeperOrder, client: Client): Promise<void> {
  const server = postmasterPid(order.places);
  let gone = false;
  let toldAt: number | null = null;
  let wake: () => void = () => undefined;
  client.on('end', () => ((gone = true), wake()));
  client.on('notification', () => wake());
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => ((toldAt ??= Date.now()), wake()));
  }
  await client.query(`listen ${leavingChannel}`);
  let needed = Date.now();
  for (;;) {
    const asked = new Promise<'asked'>((resolve) => (wake = () => resolve('asked')));
    const why = await Promise.race([asked, sleep(countEveryMs, 'count' as const)]);
    if (gone) return;
    if (postmasterPid(order.places) !== server) break; // somebody removed the folder under it
    const others = await countOthers(client);
    if (others > 0) needed = Date.now();
    const patienceMs = why === 'asked' || toldAt !== null ? 0 : order.lingerMs;
    if (others === 0 && Date.now() - needed >= patienceMs) break;
    if (toldAt !== null && Date.now() - toldAt > drainWithinMs) break;
  }
  await stopServer(server);
}

async function countOthers(client: Client): Promise<number> {
  try {
    const { rows } = await client.query<{ others: number }>(othersQuery);
    return rows[0]?.others ?? 0;
  } catch {
    return 1; // the connection broke: its 'end' decides
  }
}

/** Fast shutdown: clients are cut off, everything is written, nothing is left to recover. Then, if it must be, by force. */
async function stopServer(pid: number | null): Promise<void> {
  if (pid === null) return;
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (isAlive(pid)) process.kill(pid, signal);
    for (const until = Date.now() + 10_000; Date.now() < until; await sleep(10)) {
      if (!isAlive(pid)) return;
    }
  }
}
