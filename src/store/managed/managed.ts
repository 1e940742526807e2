// The managed local Postgres as the rest of Backout sees it: ensured when needed, shared by processes, gone with the last.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { StoreError, codeOf, isUnreachable, placeOf, storeError } from '../errors.ts';
import { serverAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { dataMajor, isAlive, managedUser } from './cluster.ts';
import { ensurePlaces, type Places } from './folder.ts';
import {
  keeperLock,
  keeperName,
  leavingChannel,
  leavingName,
  othersQuery,
  type KeeperOrder,
  type KeeperWord,
} from './keeper.ts';
import { connectManaged, postmasterPid } from './server.ts';

/** A server that runs for us, and comes back by itself when it dies. */
export interface ManagedPostgres {
  /** For pg, with the socket as `host`; there is no password, the folder is private instead. */
  readonly url: string;
  /** The folder of the Unix socket. */
  readonly socket: string;
  /** `17.10`, as the server says it. */
  readonly version: string;
  readonly places: Places;
  /** Leaves it; the last one to leave stops it and waits until it is gone. */
  readonly stop: () => Promise<void>;
}

/** What startManaged is told. */
export interface ManagedOptions {
  readonly folder: string;
  readonly log?: (line: string) => void;
  /** How long the server stays when all its clients died without leaving; 5 s when not said. */
  readonly lingerMs?: number;
}

const startWithinMs = 180_000;
const leaveWithinMs = 30_000;

/** Starts the server on the folder, or joins the one that runs there. */
export async function startManaged(options: ManagedOptions): Promise<ManagedPostgres> {
  const log = options.log ?? (() => undefined);
  const account = serverAccount();
  const places = ensurePlaces(options.folder, account);
  const stopping = new AbortController();

  /** Connects, with a keeper started first if there is none; again when another process stopped it meanwhile. */
  const ensure = async (): Promise<Joined> => {
    const until = Date.now() + startWithinMs;
    for (;;) {
      const found = await join(places);
      if (found !== null) return found;
      if (Date.now() > until) throw slowError(places);
      const major = dataMajor(places);
      if (major === null) log('Making a new database. This takes a few seconds, once.');
      const binaries = findBinaries(major, account);
      await startKeeper({ places, binaries, account, lingerMs: options.lingerMs ?? 5000 });
    }
  };

  let joined = await ensure();
  const { version } = joined;
  let restarting: Promise<void> | null = null;
  const holdOn = (): void => {
    joined.client.once('end', () => {
      if (!stopping.signal.aborted) restarting = restart();
    });
  };
  const restart = async (): Promise<void> => {
    log('The local database is gone; starting it again.');
    while (!stopping.signal.aborted) {
      try {
        joined = await ensure();
        return holdOn();
      } catch (error) {
        log(error instanceof Error ? error.message : String(error));
        await sleep(1000, undefined, { ref: false, signal: stopping.signal }).catch(
          () => undefined,
        );
      }
    }
  };
  holdOn();

  return {
    url: urlOf(places),
    socket: places.socket,
    version,
    places,
    stop: async () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      await restarting;
      await joined.client.end().catch(() => undefined);
      await leave(places);
    },
  };
}

function urlOf(places: Places): string {
  return `postgresql://${managedUser}@/backout?host=${encodeURIComponent(places.socket)}`;
}

interface Joined {
  readonly client: Client;
  readonly version: string;
}

/** A connection to a server that has a keeper; null when there is none, or it is just coming or going. */
async function join(places: Places): Promise<Joined | null> {
  try {
    const client = await connectManaged(places.socket, 'backout', 'backout');
    const { rows } = await client.query<{ version: string; kept: boolean }>(
      `select split_part(current_setting('server_version'), ' ', 1) as version,
       exists (select from pg_locks where locktype = 'advisory' and objsubid = 1
         and (classid::bigint << 32) + objid::bigint = $1) as kept`,
      [keeperLock],
    );
    if (rows[0]?.kept === true) return { client, version: rows[0].version };
    await client.end();
    return null;
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED', '3D000'].includes(codeOf(error))) return null;
    if (!isUnreachable(error)) throw storeError(error, placeOf(urlOf(places)));
    await sleep(50);
    return null;
  }
}

/** Resolves when the server is ready, whoever started it. */
async function startKeeper(order: KeeperOrder): Promise<void> {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`keeper.${extension}`, import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    cwd: '/',
  });
  const word = await new Promise<KeeperWord>((resolve) => {
    let said = '';
    const failed = (message: string): void =>
      resolve({ type: 'failed', code: 'not-started', message });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // One whole line is one word of our own keeper.
      if (said.includes('\n')) resolve(JSON.parse(said) as KeeperWord);
    });
    child.once('error', (error) => failed(`[store] Cannot start the keeper: ${error.message}.`));
    child.once('close', (code, signal) =>
      failed(
        `[store] Cannot start Postgres: the keeper ended (${signal ?? code}) before it was ready.`,
      ),
    );
  });
  child.stdout.destroy();
  child.unref();
  if (word.type === 'failed') throw new StoreError(word.code, word.message);
}

/** Tells the keeper that we go, and if nobody else stays, waits until the server and its keeper are gone. */
async function leave(places: Places): Promise<void> {
  const until = Date.now() + leaveWithinMs;
  const server = postmasterPid(places);
  const pids = server === null ? [] : [server];
  try {
    const client = await connectManaged(places.socket, 'postgres', leavingName);
    const { rows } = await client.query<{ keeper: number }>(
      `select substr(application_name, ${keeperName('').length + 1})::int as keeper
       from pg_stat_activity where application_name like '${keeperName('%')}'`,
    );
    pids.push(...rows.map((row) => row.keeper));
    for (; Date.now() < until; await sleep(20)) {
      const counted = await client.query<{ others: number }>(othersQuery);
      if ((counted.rows[0]?.others ?? 0) > 0) return await client.end();
      await client.query(`notify ${leavingChannel}`);
    }
  } catch {
    // Cut off by the shutdown that we asked for, or it was going already, or nothing was running.
  }
  while (pids.some(isAlive) && Date.now() < until) await sleep(10);
}

function slowError(places: Places): StoreError {
  return new StoreError(
    'not-started',
    `[store] Cannot start Postgres in ${places.folder}: no server stayed up for ${startWithinMs / 1000} s. Read ${places.log}.`,
  );
}
