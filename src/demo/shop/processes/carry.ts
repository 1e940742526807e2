// `carry --check` says which purchases legacy lacks or has wrong; `carry --apply --at-most N` brings exactly those home.
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { compareSides, type Comparison } from '../comparison.ts';
import {
  inTransaction,
  landOnLegacy,
  lockOrders,
  markApplied,
  repairOnLegacy,
} from '../landing.ts';
import { databaseVariables } from '../part.ts';

/** How many missing purchases are named; the count is always whole. */
const namesMax = 20;

const usage = `Usage: carry --check | carry --apply --at-most N
The databases are in ${databaseVariables.ledger} and ${databaseVariables.legacy}, or in --ledger-url and --legacy-url.
Exit codes: 0 legacy has everything, 1 it lacks something or the limit refused, 2 usage, 3 a database could not be asked.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const order = orderOf(process.argv.slice(2));
  if (order === undefined) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const ledger = open(order.ledgerUrl);
  const legacy = open(order.legacyUrl);
  try {
    return order.type === 'check'
      ? await check(ledger, legacy)
      : await apply(ledger, legacy, order.atMost);
  } catch (error) {
    process.stderr.write(`[carry] Cannot ask the databases: ${String(error)}\n`);
    return 3;
  } finally {
    await Promise.allSettled([ledger.end(), legacy.end()]);
  }
}

async function check(ledger: Pool, legacy: Pool): Promise<number> {
  const comparison = await compareSides(ledger, legacy);
  say(summaryOf(comparison));
  return comparison.missing.length + comparison.different.length === 0 ? 0 : 1;
}

/** One transaction on legacy; ledger is told afterwards, so that a crash between the two only repeats what is there. */
async function apply(ledger: Pool, legacy: Pool, atMost: number): Promise<number> {
  const done = await inTransaction(legacy, async (client) => {
    await lockOrders(client);
    const comparison = await compareSides(ledger, client);
    const rows = comparison.missing.length + comparison.different.length;
    if (rows > atMost) return { type: 'refused', rows, comparison } as const;
    const landed = await landOnLegacy(client, comparison.missing);
    const repaired = await repairOnLegacy(client, comparison.different);
    return { type: 'carried', landed, repaired, comparison } as const;
  });
  if (done.type === 'refused') {
    say({
      refused: `${done.rows} rows are more than --at-most ${atMost}`,
      ...summaryOf(done.comparison),
    });
    return 1;
  }
  await markApplied(ledger, done.comparison.bought);
  const { inserted, renumbered } = done.landed;
  say({ carried: inserted, renumbered, repaired: done.repaired });
  return inserted === done.comparison.missing.length ? 0 : 1;
}

type Order = { readonly ledgerUrl: string; readonly legacyUrl: string } & (
  | { readonly type: 'check' }
  | { readonly type: 'apply'; readonly atMost: number }
);

function orderOf(args: readonly string[]): Order | undefined {
  const values = valuesOf(args);
  const ledgerUrl = values['ledger-url'] ?? process.env[databaseVariables.ledger];
  const legacyUrl = values['legacy-url'] ?? process.env[databaseVariables.legacy];
  if (ledgerUrl === undefined || legacyUrl === undefined) return undefined;
  const { check: isCheck = false, apply: isApply = false } = values;
  if (isCheck && !isApply) return { type: 'check', ledgerUrl, legacyUrl };
  const atMost = /^\d+$/.test(values['at-most'] ?? '') ? Number(values['at-most']) : undefined;
  return isApply && !isCheck && atMost !== undefined
    ? { type: 'apply', atMost, ledgerUrl, legacyUrl }
    : undefined;
}

interface Values {
  readonly check?: boolean | undefined;
  readonly apply?: boolean | undefined;
  readonly 'at-most'?: string | undefined;
  readonly 'ledger-url'?: string | undefined;
  readonly 'legacy-url'?: string | undefined;
}

/** What was said on the command line; nothing when it is not understood. */
function valuesOf(args: readonly string[]): Values {
  const text = { type: 'string' } as const;
  const yes = { type: 'boolean' } as const;
  const options = {
    check: yes,
    apply: yes,
    'at-most': text,
    'ledger-url': text,
    'legacy-url': text,
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch {
    return {};
  }
}

function open(connectionString: string): Pool {
  const pool = new Pool({
    connectionString,
    max: 1,
    connectionTimeoutMillis: 3000,
    query_timeout: 20_000,
  });
  pool.on('error', () => undefined); // The next query says it.
  return pool;
}

function summaryOf({ missing, different }: Comparison): object {
  return {
    missing: missing.slice(0, namesMax).map(({ request_id }) => request_id),
    count: missing.length,
    different: different.length,
  };
}

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
