// A primary and its synchronous standby behind one address that follows the primary, as a managed or Patroni cluster has it.
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { Client } from 'pg';
import { serverAccount } from '../../src/store/managed/account.ts';
import { findBinaries } from '../../src/store/managed/binaries.ts';
import { Missing } from './missing.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** The pair. */
export interface PostgresPair {
  /** The address that follows the primary. */
  readonly url: string;
  /** Kills the primary as a power cut would, promotes the standby, and lets the address follow. */
  readonly failOver: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What the two have in common. Kept small, because nothing of it outlives a test. */
const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'hot_standby=on'];

/** Starts both; the primary acknowledges nothing that the standby does not have. Throws Missing. */
export async function startPostgresPair(): Promise<PostgresPair> {
  const account = serverAccount();
  const owner = account === null ? {} : { uid: account.uid, gid: account.gid };
  const { bin } = findBinaries(null, account);
  if (!existsSync(join(bin, 'pg_basebackup')))
    throw new Missing(`the Postgres in ${bin} has no pg_basebackup`);
  const server = async (
    name: string,
    fill: (data: string) => void,
    own: readonly string[],
  ): Promise<Running> => {
    const folder = temporaryFolder(name);
    if (account !== null) chownSync(folder, account.uid, account.gid);
    const data = join(folder, 'data');
    fill(data);
    const port = await freePort();
    const url = urlAt(port);
    const stop = await startProcess({
      program: join(bin, 'postgres'),
      words: ['-D', data, ...[...settings, ...own, `port=${port}`].flatMap((each) => ['-c', each])],
      folder,
      stopSignal: 'SIGINT',
      options: { ...owner, cwd: folder },
      isReady: () => answers(url),
    });
    return { data, port, url, stop };
  };
  const tool = (program: string, words: readonly string[]): void =>
    void execFileSync(join(bin, program), words, { ...owner, cwd: '/', stdio: 'pipe' });
  const primary = await server(
    'primary',
    (data) =>
      tool('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C']),
    ['synchronous_standby_names=*'],
  );
  // Nobody stands by behind the standby: promoted, it acknowledges by itself.
  const standby = await server(
    'standby',
    (data) =>
      tool('pg_basebackup', ['-R', '-X', 'stream', '-c', 'fast', '-D', data, '-d', primary.url]),
    [],
  );
  const way = await startWay(primary.port);
  return {
    url: urlAt(way.port),
    failOver: async () => {
      process.kill(postmasterOf(primary.data), 'SIGKILL');
      await asked(standby.url, 'select pg_promote(true, 30)');
      way.turn(standby.port);
    },
    stop: async () => {
      way.close();
      await Promise.all([primary.stop(), standby.stop()]);
    },
  };
}

interface Running {
  readonly data: string;
  readonly port: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

function urlAt(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

function postmasterOf(data: string): number {
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function asked(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  return asked(url, 'select 1').then(
    () => true,
    () => false,
  );
}

/** One address in front of whoever is the primary. */
async function startWay(
  first: number,
): Promise<{ port: number; turn: (port: number) => void; close: () => void }> {
  let to = first;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      open.add(one);
      one.on('error', () => undefined);
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port, // a server on TCP has such an address
    turn: (port) => {
      to = port;
      cut();
    },
    close: () => {
      server.close();
      cut();
    },
  };
}
