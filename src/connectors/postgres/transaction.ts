// One transaction on a customer's database: bounded by the deadline on both sides, cancelled there when it ends here.
import type { PoolClient, QueryArrayConfig, QueryArrayResult } from 'pg';
import { ConnectorError, type Call } from '../../connector.ts';
import { Ended, endedError, orEnded, timeLeftMs, withEnding } from '../ending.ts';
import type { PostgresClient } from './client.ts';
import { explain } from './errors.ts';

/** Sends exactly one statement; values come as text or null, row by row. */
export type Run = (sql: string, values?: readonly string[]) => Promise<Answer>;

/** Rows as lists of texts. */
export type Answer = QueryArrayResult<(string | null)[]>;

/**
 * Runs the work in one transaction and commits it; a read-only one leaves nothing behind in any case.
 * `what` completes "Cannot …" in errors: `read legacy`.
 */
export async function inTransaction<T>(
  client: PostgresClient,
  call: Call,
  access: 'read only' | 'read write',
  what: string,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  try {
    return await withEnding(call, Infinity, async (signal) => {
      const connection = await connect(client, signal);
      return useConnection(client, connection, signal, () =>
        transact(client, connection, call, access, work),
      );
    });
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    if (error instanceof Ended) throw endedError('postgres', what, error);
    throw explain(client, what, error);
  }
}

async function connect(client: PostgresClient, signal: AbortSignal): Promise<PoolClient> {
  const connecting = client.pool.connect();
  try {
    return await orEnded(signal, connecting);
  } catch (error) {
    // Whoever comes too late is sent home.
    connecting.then((late) => late.release()).catch(() => undefined);
    throw error;
  }
}

/** Hands the connection back in the end; one with unfinished work on it is closed and its work cancelled. */
async function useConnection<T>(
  client: PostgresClient,
  connection: PoolClient,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const ignore = (): void => undefined; // a lost connection also fails the query that waits on it
  connection.on('error', ignore);
  const working = work();
  let healthy = false;
  try {
    const result = await orEnded(signal, working);
    healthy = true;
    return result;
  } catch (error) {
    working.catch(() => undefined);
    if (error instanceof Ended) await cancel(client, connection);
    throw error;
  } finally {
    connection.off('error', ignore);
    if (!healthy) connection.on('error', ignore);
    connection.release(!healthy);
  }
}

async function transact<T>(
  client: PostgresClient,
  connection: PoolClient,
  call: Call,
  access: 'read only' | 'read write',
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const leftMs = Math.max(1, Math.floor(timeLeftMs(call)));
  const lockMs = Math.min(client.lockTimeoutMs, leftMs);
  await connection.query(
    `begin transaction ${access}; set local statement_timeout = ${leftMs}; set local lock_timeout = ${lockMs}; set local idle_in_transaction_session_timeout = ${leftMs + 1000}; set local cursor_tuple_fraction = 1`,
  );
  const result = await work((sql, values = []) => {
    // The extended protocol takes one statement only, so that no text can end the transaction and begin its own.
    const query: QueryArrayConfig & { readonly queryMode: 'extended' } = {
      text: sql,
      values: [...values],
      rowMode: 'array',
      queryMode: 'extended',
    };
    return connection.query(query);
  });
  const { command } = await connection.query('commit');
  if (command !== 'COMMIT') throw new Error('the server rolled the transaction back');
  return result;
}

/** Asks the server to stop the statement that nobody waits for any more; waits for its answer only shortly. */
async function cancel(client: PostgresClient, connection: PoolClient): Promise<void> {
  const pid = 'processID' in connection ? Number(connection.processID) : Number.NaN;
  if (!Number.isInteger(pid)) return;
  const asking = client.pool.query(
    `select pg_cancel_backend(pid) from pg_stat_activity where pid = ${pid} and application_name = 'backout'`,
  );
  const patience = AbortSignal.timeout(1000);
  await orEnded(patience, asking).catch(() => undefined);
}
