// The store: everything that Backout keeps, on a given Postgres or on the one that it manages itself.
import type { Client } from 'pg';
import type { Journal } from '../core/journal/journal.ts';
import type { Enqueue } from './append.ts';
import { check, type CheckOptions, type CheckReport } from './check.ts';
import { openDatabase, type Database } from './database.ts';
import { StoreError, storeError } from './errors.ts';
import { readAll, type Cursor, type Page } from './follow.ts';
import { createJournal } from './journal.ts';
import { createListening } from './listen.ts';
import { defaultFolder } from './managed/folder.ts';
import { oldestMajor } from './managed/binaries.ts';
import { startManaged, type ManagedPostgres } from './managed/managed.ts';
import { migrate } from './migrate.ts';
import { createNodes, type Nodes } from './nodes.ts';
import { assertDirect } from './pooler.ts';
import { ensureWriter, writerRole } from './roles.ts';
import { createInbound, createWatchStates, type Inbound, type WatchStates } from './watch.ts';

/** An open store. */
export interface Store {
  readonly journal: Journal;
  /** The whole journal in one order; see follow.ts. */
  readonly readAll: (after?: Cursor, limit?: number) => Promise<Page>;
  readonly nodes: Nodes;
  readonly watchState: WatchStates;
  readonly inbound: Inbound;
  /** For the dispatcher, which keeps its own connections. It may hold a password: never print it, print `where`. */
  readonly url: string;
  /** The database in words. */
  readonly where: string;
  /** Where the managed database lies; null when a URL was given. */
  readonly folder: string | null;
  /** `17.10`. */
  readonly postgresVersion: string;
  /** What `doctor` shall say of this database. */
  readonly warnings: readonly string[];
  readonly database: Database;
  /** Verifies every chain and every projection. */
  readonly check: (options?: CheckOptions) => Promise<CheckReport>;
  /** Lets go of everything; the managed server stops when nobody else uses it. */
  readonly close: () => Promise<void>;
}

/** How to open a store. */
export interface StoreOptions {
  /** A Postgres of one's own; without it, the managed one in `folder` is used. */
  readonly url?: string;
  /** Where the managed one keeps its data; see defaultFolder. */
  readonly folder?: string;
  /** Puts jobs beside events; called only by appends with jobs, so it may use what is made after the store is open. */
  readonly enqueue?: Enqueue;
  readonly log?: (line: string) => void;
  /** How many connections the pool may hold; 10 when not said. */
  readonly connectionsMax?: number;
}

interface Prepared {
  readonly postgresVersion: string;
  readonly warnings: readonly string[];
}

/** Opens, and brings the database to today's shape. Throws StoreError. */
export async function openStore(options: StoreOptions = {}): Promise<Store> {
  const managed = options.url === undefined ? await manage(options) : null;
  try {
    return await openOn(managed?.url ?? options.url ?? '', managed, options);
  } catch (error) {
    await managed?.stop();
    throw error;
  }
}

function manage({ folder = defaultFolder(), log }: StoreOptions): Promise<ManagedPostgres> {
  return startManaged(log === undefined ? { folder } : { folder, log });
}

async function openOn(
  url: string,
  managed: ManagedPostgres | null,
  options: StoreOptions,
): Promise<Store> {
  assertUrl(url);
  const { postgresVersion, warnings } = await prepare(url);
  const database = openDatabase({
    url,
    ...(warnings.length === 0 ? { role: writerRole } : {}),
    ...(options.connectionsMax === undefined ? {} : { connectionsMax: options.connectionsMax }),
  });
  const listening = createListening(database);
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await listening.close();
    await database.close();
    await managed?.stop();
  };
  return {
    journal: createJournal(database, listening, options.enqueue),
    readAll: (after, limit) => readAll(database, after, limit),
    nodes: createNodes(database),
    watchState: createWatchStates(database),
    inbound: createInbound(database),
    url,
    where: database.where,
    folder: managed?.places.folder ?? null,
    postgresVersion,
    warnings,
    database,
    check: (checkOptions) => check(database, checkOptions),
    close: () => (closing ??= close()),
  };
}

function assertUrl(url: string): void {
  if (/^postgres(ql)?:\/\//.test(url)) return;
  throw new StoreError(
    'bad-url',
    '[store] Cannot use this database URL: it must begin with postgresql://, as in postgresql://user:password@host:5432/backout.',
  );
}

/** Everything that is done once per opening, on one connection, as the user of the URL. */
async function prepare(url: string): Promise<Prepared> {
  const database = openDatabase({ url });
  let client: Client | null = null;
  try {
    client = await database.direct('backout');
    await assertDirect(database, client);
    const { rows } = await client.query<{ version: string; number: number; standby: boolean }>(
      `select split_part(current_setting('server_version'), ' ', 1) as version,
       current_setting('server_version_num')::int as number, pg_is_in_recovery() as standby`,
    );
    const [server] = rows;
    assertServer(server, database.where);
    const changed = await migrate(client, database.where);
    await client.query(enterCluster);
    const warning = await ensureWriter(client, changed);
    return { postgresVersion: server?.version ?? '', warnings: warning === null ? [] : [warning] };
  } catch (error) {
    throw storeError(error, database.where);
  } finally {
    await client?.end();
    await database.close();
  }
}

function assertServer(
  server:
    | { readonly version: string; readonly number: number; readonly standby: boolean }
    | undefined,
  where: string,
): void {
  if (server !== undefined && server.number < oldestMajor * 10_000) {
    throw new StoreError(
      'too-old',
      `[store] Cannot use ${where}: it is Postgres ${server.version}, and Backout needs ${oldestMajor} or newer. Upgrade it, or give another database URL.`,
    );
  }
  if (server?.standby) {
    throw new StoreError(
      'read-only',
      `[store] Cannot write to ${where}: it is a standby. Point the database URL at the primary.`,
    );
  }
}

/** A cluster that we were not in before begins a new generation; see sql/0001-journal.sql. */
const enterCluster = `insert into backout.cluster as c (generation, system_identifier)
  select 1, system_identifier::text from pg_control_system()
  on conflict (singleton) do update set generation = c.generation + 1, system_identifier = excluded.system_identifier
  where c.system_identifier <> excluded.system_identifier`;
