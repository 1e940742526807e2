// Transactions on MySQL and MariaDB: bounded on both sides, under a named lock, and honest about what ends them unasked.
import { createHash } from 'node:crypto';
import { ConnectorError, type ApplyCall, type Call } from '../../connector.ts';
import { timeLeftMs } from '../ending.ts';
import type { MysqlClient } from './client.ts';
import { withConnection, type Run } from './connection.ts';
import { explain } from './errors.ts';

/** Asks in a transaction that the server lets change nothing. */
export async function readOnly<T>(
  client: MysqlClient,
  call: Call,
  what: string,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  return withConnection(client, call, what, async (run) => {
    await limit(client, run, call);
    await run('start transaction read only');
    return work(run);
  });
}

/** Changes in one transaction and commits it; two attempts of one step never do so at the same time. */
export async function readWrite<T>(
  client: MysqlClient,
  call: ApplyCall,
  what: string,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  return withConnection(client, call, what, async (run) => {
    await limit(client, run, call);
    await lock(client, run, call, what);
    await run('start transaction');
    let result: T;
    try {
      result = await work(run);
    } catch (error) {
      throw await withWhatStays(client, run, what, error);
    }
    await run('commit');
    return result;
  });
}

/** Our own deadline on the server, too: should we vanish, it ends by itself. Each server has its own word for it. */
async function limit(client: MysqlClient, run: Run, call: Call): Promise<void> {
  const { rows } = await run('select version()');
  const leftMs = Math.max(1, Math.floor(timeLeftMs(call)));
  const lockSeconds = Math.max(1, Math.ceil(Math.min(client.lockTimeoutMs, leftMs) / 1000));
  const isMariadb = /mariadb/i.test(rows[0]?.[0] ?? '');
  const time = isMariadb
    ? `max_statement_time = ${leftMs / 1000}`
    : `max_execution_time = ${leftMs}`;
  await run(
    `set session ${time}, innodb_lock_wait_timeout = ${lockSeconds}, lock_wait_timeout = ${lockSeconds}, autocommit = 1`,
  );
}

/** Before the transaction begins, so that what it reads is not older than the lock. Gone with the connection. */
async function lock(
  client: MysqlClient,
  run: Run,
  { idempotencyKey }: ApplyCall,
  what: string,
): Promise<void> {
  const name = `backout-${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 40)}`;
  const { rows } = await run('select get_lock(?, ?)', [
    name,
    Math.ceil(client.lockTimeoutMs / 1000),
  ]);
  if (rows[0]?.[0] === '1') return;
  throw new ConnectorError(
    'timed-out',
    `[mysql] Cannot ${what}: an earlier attempt at the same step still runs there. Wait for it, or find it in the process list.`,
  );
}

/** `ER_WARNING_NOT_COMPLETE_ROLLBACK`: tables without transactions keep what was written to them. */
const notRolledBack = '1196';

/** Rolls back, and says so when something stays: tables of MyISAM, Aria or MEMORY know no way back. */
async function withWhatStays(
  client: MysqlClient,
  run: Run,
  what: string,
  thrown: unknown,
): Promise<unknown> {
  const warnings = await run('rollback')
    .then(() => run('show warnings'))
    .catch(() => undefined);
  if (warnings?.rows.some(([, number]) => number === notRolledBack) !== true) return thrown;
  const error = thrown instanceof ConnectorError ? thrown : explain(client, what, thrown);
  return new ConnectorError(
    error.class,
    `${error.message} What was changed before in tables without transactions (MyISAM, Aria, MEMORY) stays.`,
    { facts: error.facts, cause: thrown },
  );
}
