// One Postgres process on a data folder: started so that it dies with its keeper, and ready when it answers.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { StoreError, codeOf } from '../errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { isAlive, managedUser, serverEnvironment } from './cluster.ts';
import type { Places } from './folder.ts';
import { appendLog } from './log.ts';

const readyWithinMs = 120_000;
/** How long a dead or stopping server's lock on the data, and on the socket, is waited for. */
const folderLingersMs = 15_000;
const socketLingersMs = 2_000;

/** Given on the command line, because there nothing that a file or ALTER SYSTEM says can undo it. */
const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_connections: '200',
  shared_buffers: '64MB',
  jit: 'off',
  log_min_error_statement: 'panic',
  log_line_prefix: '%m [%p] ',
};

/** Which server to run, on what, as whom. */
export interface ServerStart {
  readonly places: Places;
  readonly binaries: Binaries;
  readonly account: Account | null;
}

/** A connection to the managed server, or the error of trying. */
export async function connectManaged(
  socket: string,
  database: string,
  name: string,
): Promise<Client> {
  const client = new Client({
    host: socket,
    user: managedUser,
    database,
    application_name: name,
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => undefined); // the 'end' event tells what matters
  await client.connect();
  return client;
}

/**
 * Starts Postgres and answers a connection to it, under that name, once it is ready, recovery included. When another server runs on the
 * folder already, that one is answered; while a dead one's lock or shared memory lingers, it is tried again.
 */
export async function startServer(start: ServerStart, name: string): Promise<Client> {
  const { places } = start;
  const begun = Date.now();
  for (;;) {
    const server = launch(start);
    const client = await untilReady(places, server, name);
    if (client !== null) return client;
    const why = server.said();
    const waitMs = /postmaster\.pid" already exists|pre-existing shared memory/.test(why)
      ? folderLingersMs
      : /\.s\.PGSQL\.\d+\.lock" already exists|could not bind Unix/.test(why)
        ? socketLingersMs
        : null;
    if (waitMs === null) throw startError(places, why);
    if (Date.now() - begun > waitMs) throw lockedError(places, why);
    dropForeignLock(join(places.data, 'postmaster.pid'));
    dropForeignLock(join(places.socket, '.s.PGSQL.5432.lock'));
    await sleep(100);
  }
}

interface Launched {
  readonly process: ChildProcess;
  readonly said: () => string;
}

function launch({ places, binaries, account }: ServerStart): Launched {
  const options = Object.entries({ ...settings, unix_socket_directories: places.socket });
  const command = [join(binaries.bin, 'postgres'), '-D', places.data];
  for (const [name, value] of options) command.push('-c', `${name}=${value}`);
  const mortal = process.platform === 'linux' && existsSync('/usr/bin/setpriv');
  if (mortal) command.unshift('/usr/bin/setpriv', '--pdeathsig', 'INT');
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    env: serverEnvironment(),
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-8000);
    appendLog(places.log, text);
  });
  child.on('error', (error) => (said += error.message));
  return { process: child, said: () => said };
}

/** A connection, or null when the process ended before. */
async function untilReady(places: Places, server: Launched, name: string): Promise<Client | null> {
  const until = Date.now() + readyWithinMs;
  let ended = false;
  const whenEnded = new Promise<void>((resolve) => {
    server.process.once('close', () => ((ended = true), resolve()));
    server.process.once('error', () => ((ended = true), resolve()));
  });
  while (Date.now() < until) {
    try {
      return await connectManaged(places.socket, 'postgres', name);
    } catch (error) {
      if (ended) return null;
      if (!isStarting(error)) throw error;
    }
    await Promise.race([whenEnded, sleep(20)]);
  }
  server.process.kill('SIGQUIT');
  throw new StoreError(
    'not-started',
    `[store] Postgres in ${places.folder} was not ready after ${readyWithinMs / 1000} s. Read ${places.log}; a long recovery can be waited for by starting again.`,
  );
}

/** Not listening yet, or listening and recovering or shutting down. */
function isStarting(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', '57P03', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

/** The process id in postmaster.pid; null when there is none. */
export function postmasterPid(places: Places): number | null {
  return pidIn(join(places.data, 'postmaster.pid'));
}

function pidIn(path: string): number | null {
  if (!existsSync(path)) return null;
  const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

/**
 * After a restart of a container a lock may name a process that lives but is no Postgres; Postgres alone would refuse
 * for ever. Only where /proc tells what that process is.
 */
function dropForeignLock(path: string): void {
  const pid = pidIn(path);
  if (pid === null || !isAlive(pid) || !existsSync(`/proc/${pid}/comm`)) return;
  const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  if (!['postgres', 'postmaster', 'setpriv'].includes(name)) rmSync(path, { force: true });
}

function startError(places: Places, said: string): StoreError {
  if (/no space left|disk full|quota exceeded/i.test(said)) {
    return new StoreError(
      'disk-full',
      `[store] Cannot start Postgres in ${places.folder}: the disk is full. Free some space and start again; nothing is lost.`,
    );
  }
  const fatal =
    /(?:FATAL|PANIC|error):\s+(.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1) ?? '';
  return new StoreError(
    'not-started',
    `[store] Cannot start Postgres in ${places.folder}: ${fatal || 'it ended at once'}. Its own words are in ${places.log}.`,
  );
}

function lockedError(places: Places, said: string): StoreError {
  const fatal = /FATAL:\s+(.*)/.exec(said)?.[1] ?? 'its lock is held';
  return new StoreError(
    'not-started',
    `[store] Cannot start Postgres in ${places.folder}: another server holds it and does not answer (${fatal}). End that process, or choose another folder with --data.`,
  );
}
