// A real Postgres that can be killed like a machine that loses power, and started again on the same data.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { serverAccount } from '../../src/store/managed/account.ts';
import { findBinaries } from '../../src/store/managed/binaries.ts';
import { freePort } from '../servers/process.ts';

/** A server that was killed may take so long to recover. Milliseconds. */
const READY_MS = 60_000;

/** One server, with everything on disk that it answered for. */
export class KillablePostgres {
  readonly port: number;
  readonly #folder: string;
  readonly #bin: string;
  #process: ChildProcess | null = null;

  private constructor(folder: string, bin: string, port: number) {
    this.#folder = folder;
    this.#bin = bin;
    this.port = port;
  }

  /** Makes it and starts it. */
  static async start(): Promise<KillablePostgres> {
    const account = serverAccount();
    const { bin } = findBinaries(null, account);
    const folder = mkdtempSync(join(tmpdir(), 'backout-chaos-'));
    if (account !== null) chownSync(folder, account.uid, account.gid);
    const options = {
      cwd: folder,
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    };
    execFileSync(
      join(bin, 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-A', 'trust'],
      { ...options, stdio: 'ignore' },
    );
    const server = new KillablePostgres(folder, bin, await freePort());
    await server.startAgain();
    return server;
  }

  /** The URL of a database, through this port: that of the server, or of a wire to it. */
  url(database = 'postgres', port = this.port): string {
    return `postgres://postgres@127.0.0.1:${port}/${database}`;
  }

  /** A connection of the test's own. */
  async client(database?: string): Promise<Client> {
    const client = new Client({
      connectionString: this.url(database),
      connectionTimeoutMillis: 2_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Connections for those who ask side by side. */
  pool(): Pool {
    const pool = new Pool({ connectionString: this.url(), max: 4 });
    pool.on('error', () => undefined);
    return pool;
  }

  /** Every process of it is gone at once; what was only in memory is lost. */
  async kill(): Promise<void> {
    const server = this.#process;
    if (server === null || server.pid === undefined) return;
    this.#process = null;
    const ended = once(server, 'exit');
    // The whole group: a power cut leaves no child that ends in good order.
    process.kill(-server.pid, 'SIGKILL');
    await ended;
  }

  /** Starts on the data that is there, and answers when it has recovered. */
  async startAgain(): Promise<void> {
    const until = Date.now() + READY_MS;
    while (Date.now() < until) {
      if (this.#process === null || this.#process.exitCode !== null) this.#launch();
      try {
        await (await this.client()).end();
        return;
      } catch {
        await sleep(50);
      }
    }
    throw new Error('Postgres did not come back.');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #launch(): void {
    const account = serverAccount();
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      `port=${this.port}`,
      'max_connections=200',
      'fsync=on',
      'synchronous_commit=on',
    ];
    this.#process = spawn(
      join(this.#bin, 'postgres'),
      ['-D', join(this.#folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
      {
        cwd: this.#folder,
        detached: true,
        stdio: 'ignore',
        ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
      },
    );
  }
}
