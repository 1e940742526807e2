// The state sql/holds: a question that tells whether it holds, and statements in one transaction that make it so.
import { z } from 'zod';
import {
  ConnectorError,
  defineState,
  type ApplyCall,
  type Json,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import type { PostgresClient } from './client.ts';
import { readScalar, shown, type Scalar } from './scalar.ts';
import { inTransaction, type Run } from './transaction.ts';

const endsTransaction =
  /^\s*(begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i;

const statement = z
  .string()
  .min(1)
  .refine(
    (sql) => !endsTransaction.test(sql),
    'must not begin or end a transaction: all statements run in one',
  );

const statements = z.union([statement.transform((one) => [one]), z.array(statement).min(1)]);

const desired = z.strictObject({
  check: z.string().min(1).meta({
    description: 'SQL that gives one value: true, or what `equals` says, when the state holds',
  }),
  equals: z.union([z.string(), z.number(), z.boolean()]).default(true),
  apply: statements.optional().meta({
    description: 'One statement or a list of them, run in one transaction',
  }),
  undo: statements.optional().meta({
    description: 'Brings back what was there before; run only while the state holds',
  }),
});

type Desired = z.output<typeof desired>;

/** Observes in a read-only transaction; applies under a lock by the idempotency key. */
export const holds = defineState({
  summary: 'A question in SQL has the wanted answer; statements in one transaction make it so',
  desired,
  observe: async (client: PostgresClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    const found = await inTransaction(client, call, 'read only', what, (run) =>
      readScalar(run, wanted.check),
    );
    return judge(client, wanted, found);
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    if (wanted.apply === undefined) throw missing(client, 'apply');
    return change(client, wanted, wanted.apply, call, 'apply', false);
  },
  undo: async (client, wanted, { receipt }, call): Promise<Receipt> => {
    if (wanted.undo === undefined) throw missing(client, 'undo');
    if (wasAlreadySo(receipt)) return { statements: [], already: true };
    return change(client, wanted, wanted.undo, call, 'undo', true);
  },
});

/**
 * Runs the statements if the state holds as `ifHolds` says; else there is nothing to do. An attempt that was given up and
 * still runs, and the one after it, meet at the lock, so the second sees what the first has done.
 */
async function change(
  client: PostgresClient,
  wanted: Desired,
  sql: readonly string[],
  call: ApplyCall,
  verb: 'apply' | 'undo',
  ifHolds: boolean,
): Promise<Receipt> {
  return inTransaction(client, call, 'read write', `${verb} on ${client.system}`, async (run) => {
    await run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [call.idempotencyKey]);
    const before = judge(client, wanted, await readScalar(run, wanted.check));
    if (before.type === 'unknown') throw new ConnectorError(before.class, before.because);
    if ((before.type === 'holds') !== ifHolds) {
      // Only at a first attempt it is sure that somebody else made it so.
      return { statements: [], already: call.attempt === 1 };
    }
    return { statements: await runAll(run, sql), already: false };
  });
}

async function runAll(run: Run, sql: readonly string[]): Promise<readonly Json[]> {
  const done: Json[] = [];
  for (const each of sql) {
    const { command, rowCount } = await run(each);
    done.push({ command, rows: rowCount });
  }
  return done;
}

function judge(client: PostgresClient, wanted: Desired, found: Scalar): Observation {
  if (found.type !== 'value') {
    const because = `[postgres] Cannot observe ${client.system}: ${found.because}, but check must give one value.`;
    return { type: 'unknown', class: 'refused', because };
  }
  const evidence = client.conceal.json({ found: shown(found.value), wanted: wanted.equals });
  const same = found.value === wanted.equals || found.spelling === String(wanted.equals);
  if (same) return { type: 'holds', evidence };
  const spell = (value: boolean | number | string): string => JSON.stringify(shown(value));
  const difference = `${spell(found.value)} -> ${spell(wanted.equals)}`;
  const count = wanted.apply?.length ?? 0;
  const work =
    wanted.apply === undefined
      ? 'by hand: the plan gives no apply'
      : count === 1
        ? 'by 1 statement'
        : `by ${count} statements`;
  const change = client.conceal.text(`${difference} ${work}`);
  return { type: 'differs', evidence, change };
}

function missing(client: PostgresClient, what: 'apply' | 'undo'): ConnectorError {
  return new ConnectorError(
    'refused',
    `[postgres] Cannot ${what} on ${client.system}: the plan gives no SQL for it. Add ${what}: "…".`,
  );
}

function wasAlreadySo(receipt: Json): boolean {
  return (
    typeof receipt === 'object' &&
    receipt !== null &&
    'already' in receipt &&
    receipt.already === true
  );
}
