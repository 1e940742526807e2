// How sql/holds is done on Postgres: observed read only, changed in one transaction under an advisory lock.
import { sqlHolds, statementsWithout } from '../sql/holds.ts';
import type { PostgresClient } from './client.ts';
import { ask, readScalar } from './scalar.ts';
import { inTransaction } from './transaction.ts';

const endsTransaction =
  /^\s*(begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i;

/** Observes in a read-only transaction; applies under a lock by the idempotency key. */
export const holds = sqlHolds<PostgresClient>({
  who: 'postgres',
  summary: 'A question in SQL has the wanted answer; statements in one transaction make it so',
  yes: true,
  statements: statementsWithout((sql) =>
    endsTransaction.test(sql)
      ? 'must not begin or end a transaction: all statements run in one'
      : undefined,
  ),
  ask,
  change: (client, call, what, work) =>
    inTransaction(client, call, 'read write', what, async (run) => {
      await run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [call.idempotencyKey]);
      return work({
        ask: (sql) => readScalar(run, sql),
        run: async (sql) => {
          const { command, rowCount } = await run(sql);
          return { command, rows: rowCount };
        },
      });
    }),
});
