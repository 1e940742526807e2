// A managed Postgres for one test file, with as many empty databases in it as its tests want.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startManaged, type ManagedPostgres } from '../../src/store/managed/managed.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';

/** A server that ends with the test file. */
export interface TemporaryServer {
  readonly managed: ManagedPostgres;
  /** The URL of a new, empty database. */
  readonly emptyDatabase: () => Promise<string>;
  /** A store on a new database; closed with the server if the test does not close it. */
  readonly store: (options?: StoreOptions) => Promise<Store>;
  /** A connection as superuser. */
  readonly superuser: (url: string) => Promise<Client>;
  readonly stop: () => Promise<void>;
}

/** Starts it in a temporary folder. */
export async function temporaryServer(): Promise<TemporaryServer> {
  const folder = temporaryFolder();
  const managed = await startManaged({ folder });
  const stores: Store[] = [];
  let databases = 0;
  const emptyDatabase = async (): Promise<string> => {
    const name = `empty_${++databases}`;
    const client = await superuser(managed.url);
    await client.query(`create database ${name}`);
    await client.end();
    return managed.url.replace('/backout?', `/${name}?`);
  };
  return {
    managed,
    emptyDatabase,
    store: async (options = {}) => {
      const store = await openStore({ ...options, url: options.url ?? (await emptyDatabase()) });
      stores.push(store);
      return store;
    },
    superuser,
    stop: async () => {
      try {
        await Promise.all(stores.map((store) => store.close()));
      } finally {
        await managed.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** An empty folder that the server's user may be given. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'backout-store-'));
}

/** Waits until the answer is what is wanted, at most 20 s. */
export async function until<Answer>(
  what: string,
  ask: () => Answer | Promise<Answer>,
  wanted: (answer: Answer) => boolean,
): Promise<Answer> {
  const giveUp = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > giveUp)
      throw new Error(`Waited in vain for ${what}: ${JSON.stringify(answer)}`);
    await sleep(10);
  }
}

async function superuser(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
