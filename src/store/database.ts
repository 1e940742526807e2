// Connections to Postgres: a pool that waits out a short outage, transactions, and direct connections for locks and notifications.
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { Client, type ClientBase, type CustomTypesConfig, Pool, type PoolClient, types } from 'pg';
import { isUnreachable, placeOf, storeError } from './errors.ts';
import type { Tables } from './tables.ts';

/** The store's way to its database. Every method throws StoreError. */
export interface Database {
  readonly url: string;
  /** The database in words, without password. */
  readonly where: string;
  readonly query: Query;
  /** One statement after the other on one connection, all or nothing. */
  readonly transaction: <Result>(work: (query: Query) => Promise<Result>) => Promise<Result>;
  /** The typed builder, for everything but the append. Run what it builds inside `guard`. */
  readonly build: Kysely<Tables>;
  /** Gives the error of what is done inside its sentence. */
  readonly guard: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** A connection of one's own, outside the pool, as the user of the URL; the caller ends it. */
  readonly direct: (name: string) => Promise<Client>;
  readonly close: () => Promise<void>;
}

/** Runs a statement; a named one is prepared once per connection. */
export type Query = <Row extends object>(
  text: string,
  values?: readonly unknown[],
  name?: string,
) => Promise<readonly Row[]>;

/** How to connect; every time has a default. */
export interface DatabaseOptions {
  readonly url: string;
  /** The role to work as, see roles.ts; none when not said. */
  readonly role?: string;
  /** How many connections the pool may hold; 10 when not said. */
  readonly connectionsMax?: number;
  /** How long an outage is waited out before a call fails; 5 s when not said. */
  readonly waitOutMs?: number;
}

/** int8 in Postgres' own catalogue. */
const int8Oid: number = types.builtins.INT8;

/** An int8 is a number to us: sequences, positions and milliseconds stay far below 2^53. Only on our own connections. */
const int8AsNumber: CustomTypesConfig = {
  // The signature of pg-types is overloaded by format; we only replace the parser of one text type.
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8Oid ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
};

/** No statement of ours may wait for ever, and a dead peer is noticed within seconds. */
const limits =
  '-c statement_timeout=60s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s' +
  ' -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c timezone=UTC';

const connectWithinMs = 5000;

/** Makes the pool; connects only when something is asked. */
export function openDatabase(options: DatabaseOptions): Database {
  const where = placeOf(options.url);
  const shared = {
    connectionString: options.url,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    types: int8AsNumber,
  };
  const role = options.role === undefined ? '' : ` -c role=${options.role}`;
  const pool = new Pool({
    ...shared,
    options: limits + role,
    application_name: 'backout',
    max: options.connectionsMax ?? 10,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
  });
  pool.on('error', () => undefined); // an idle connection broke: the next call connects anew
  // One in use broke between two statements: the next statement on it says so.
  pool.on('connect', (client) => client.on('error', () => undefined));

  /** A connection; nothing was sent yet, so trying again is safe. */
  const acquire = async (): Promise<PoolClient> => {
    const until = Date.now() + (options.waitOutMs ?? 5000);
    for (;;) {
      try {
        return await pool.connect();
      } catch (error) {
        if (!isUnreachable(error) || Date.now() > until) throw error;
        await sleep(50);
      }
    }
  };

  const guard: Database['guard'] = async (work) => {
    try {
      return await work();
    } catch (error) {
      throw storeError(error, where);
    }
  };

  const withClient = async <Result>(
    work: (client: PoolClient) => Promise<Result>,
  ): Promise<Result> => {
    for (let dead = 0; ; dead += 1) {
      const client = await acquire();
      try {
        const result = await work(client);
        client.release();
        return result;
      } catch (error) {
        client.release(isUnreachable(error));
        // The server was killed while this connection lay idle: the statement never left, so another one may carry it.
        if (!neverSent(error) || dead >= pool.options.max) throw error;
      }
    }
  };

  return {
    url: options.url,
    where,
    guard,
    query: (text, values, name) =>
      guard(() => withClient((client) => queryOn(client)(text, values, name))),
    transaction: (work) =>
      guard(() =>
        withClient(async (client) => {
          await client.query('begin');
          try {
            const result = await work(queryOn(client));
            await client.query('commit');
            return result;
          } catch (error) {
            await client.query('rollback').catch(() => undefined);
            throw error;
          }
        }),
      ),
    build: new Kysely<Tables>({
      dialect: new PostgresDialect({
        pool: { connect: acquire, end: () => pool.end(), options: pool.options },
      }),
    }),
    direct: (name) =>
      guard(async () => {
        const client = new Client({ ...shared, options: limits, application_name: name });
        client.on('error', () => undefined); // its 'end' follows, and tells the same
        await client.connect();
        return client;
      }),
    close: () => pool.end(),
  };
}

/** pg refuses a statement on a connection that it knows to be dead; nothing of it was sent. */
function neverSent(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith('is not queryable');
}

/** Rows of a statement on one connection, without a StoreError around what goes wrong. */
function queryOn(client: ClientBase): Query {
  return async <Row extends object>(
    text: string,
    values: readonly unknown[] = [],
    name?: string,
  ) => {
    const { rows } = await client.query<Row>({
      text,
      values: [...values],
      ...(name === undefined ? {} : { name }),
    });
    return rows;
  };
}
