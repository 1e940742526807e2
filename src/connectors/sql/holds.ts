// The state sql/holds, the same for every database: a question that tells whether it holds, and statements that make it so.
import { z } from 'zod';
import {
  ConnectorError,
  type ApplyCall,
  type Call,
  type Json,
  type Observation,
  type Receipt,
  type StateKind,
} from '../../connector.ts';
import type { Concealer } from '../concealer.ts';
import { shown, type Scalar } from './scalar.ts';

/** What the client of a database has at the least. */
export interface SqlClient {
  readonly system: string;
  readonly conceal: Concealer;
}

/** What can be done inside of one change. */
export interface Changing {
  readonly ask: (sql: string) => Promise<Scalar>;
  /** Runs one statement; what it says of it goes into the receipt. */
  readonly run: (sql: string) => Promise<Json>;
}

/** How one kind of database does it. */
export interface SqlKind<Client extends SqlClient> {
  readonly who: string;
  readonly summary: string;
  /** What `apply` and `undo` may be. */
  readonly statements: z.ZodType<readonly string[]>;
  /** What a check that says yes gives: databases without a type for it give 1. */
  readonly yes: boolean | number;
  /** Asks without changing anything. `what` completes "Cannot …". */
  readonly ask: (client: Client, sql: string, call: Call, what: string) => Promise<Scalar>;
  /** Does the work in one transaction, under a lock by the idempotency key. */
  readonly change: <T>(
    client: Client,
    call: ApplyCall,
    what: string,
    work: (changing: Changing) => Promise<T>,
  ) => Promise<T>;
}

type Desired = {
  readonly check: string;
  readonly equals: string | number | boolean;
  readonly apply?: readonly string[] | undefined;
  readonly undo?: readonly string[] | undefined;
  readonly count?: string | undefined;
};

/** The state for one kind of database. */
export function sqlHolds<Client extends SqlClient>(
  kind: SqlKind<Client>,
): StateKind<Client, Desired> {
  return {
    summary: kind.summary,
    desired: desiredFor(kind.statements),
    observe: async (client, wanted, call) => {
      const what = `observe ${client.system}`;
      const found = await kind.ask(client, wanted.check, call, what);
      const seen = judge(kind, client, wanted, found);
      if (seen.type !== 'differs' || wanted.count === undefined) return seen;
      const touches = countIn(kind, client, await kind.ask(client, wanted.count, call, what));
      return { ...seen, touches };
    },
    apply: async (client, wanted, call) => {
      if (wanted.apply === undefined) throw missing(kind.who, client, 'apply');
      return change(kind, client, wanted, wanted.apply, call, 'apply', false);
    },
    undo: async (client, wanted, { receipt }, call) => {
      if (wanted.undo === undefined) throw missing(kind.who, client, 'undo');
      if (wasAlreadySo(receipt)) return { statements: [], already: true };
      return change(kind, client, wanted, wanted.undo, call, 'undo', true);
    },
    cannotUndo: ({ undo }) =>
      undo === undefined ? 'the plan gives no SQL for it (undo: "…")' : undefined,
  };
}

function desiredFor(statements: z.ZodType<readonly string[]>) {
  return z.strictObject({
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
    count: z.string().min(1).optional().meta({
      description:
        'SQL that gives the number of rows that apply would change; a destructive step needs it',
    }),
  });
}

/** One statement or a list of them, none of which is refused by `complain`. */
export function statementsWithout(
  complain: (sql: string) => string | undefined,
): z.ZodType<readonly string[]> {
  const statement = z
    .string()
    .min(1)
    .superRefine((sql, context) => {
      const message = complain(sql);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
  return z.union([statement.transform((one) => [one]), z.array(statement).min(1)]);
}

/**
 * Runs the statements if the state holds as `ifHolds` says; else there is nothing to do. An attempt that was given up and
 * still runs, and the one after it, meet at the lock, so the second sees what the first has done.
 */
async function change<Client extends SqlClient>(
  kind: SqlKind<Client>,
  client: Client,
  wanted: Desired,
  sql: readonly string[],
  call: ApplyCall,
  verb: 'apply' | 'undo',
  ifHolds: boolean,
): Promise<Receipt> {
  return kind.change(client, call, `${verb} on ${client.system}`, async ({ ask, run }) => {
    const before = judge(kind, client, wanted, await ask(wanted.check));
    if (before.type === 'unknown') throw new ConnectorError(before.class, before.because);
    if ((before.type === 'holds') !== ifHolds) {
      // Only at a first attempt it is sure that somebody else made it so.
      return { statements: [], already: call.attempt === 1 };
    }
    if (wanted.count !== undefined && call.atMost !== undefined)
      assertAtMost(kind, client, call.atMost, countIn(kind, client, await ask(wanted.count)));
    const statements: Json[] = [];
    for (const each of sql) statements.push(await run(each));
    // What a statement really touched counts more than what was counted: more than allowed is rolled back with all of them.
    const rows = Math.max(0, ...statements.map(rowsOf));
    if (call.atMost !== undefined) assertAtMost(kind, client, call.atMost, rows);
    return { statements, already: false };
  });
}

function countIn<Client extends SqlClient>(
  { who }: SqlKind<Client>,
  client: SqlClient,
  found: Scalar,
): number {
  const count = found.type === 'value' ? Number(found.value) : Number.NaN;
  if (found.type === 'value' && typeof found.value !== 'boolean' && Number.isSafeInteger(count))
    return count;
  throw new ConnectorError(
    'refused',
    `[${who}] Cannot count in ${client.system}: count must give one whole number.`,
  );
}

function rowsOf(receipt: Json): number {
  if (typeof receipt !== 'object' || receipt === null || !('rows' in receipt)) return 0;
  return typeof receipt.rows === 'number' ? receipt.rows : 0;
}

function assertAtMost<Client extends SqlClient>(
  { who }: SqlKind<Client>,
  client: SqlClient,
  atMost: number,
  rows: number,
): void {
  if (rows <= atMost) return;
  throw new ConnectorError(
    'refused',
    `[${who}] Cannot apply on ${client.system}: ${rows} rows would be touched, and consent was given to ${atMost}. Nothing was touched.`,
    { facts: { rows, atMost } },
  );
}

function judge<Client extends SqlClient>(
  kind: SqlKind<Client>,
  client: Client,
  wanted: Desired,
  found: Scalar,
): Observation {
  if (found.type !== 'value') {
    const because = `[${kind.who}] Cannot observe ${client.system}: ${found.because}, but check must give one value.`;
    return { type: 'unknown', class: 'refused', because };
  }
  const evidence = client.conceal.json({ found: shown(found.value), wanted: wanted.equals });
  if (isSame(kind, found, wanted.equals)) return { type: 'holds', evidence };
  const spell = (value: boolean | number | string): string => JSON.stringify(shown(value));
  const difference = `${spell(found.value)} -> ${spell(wanted.equals)}`;
  const change = client.conceal.text(`${difference} ${workOf(wanted)}`);
  return { type: 'differs', evidence, change };
}

function isSame<Client extends SqlClient>(
  { yes }: SqlKind<Client>,
  found: Scalar & { readonly type: 'value' },
  equals: Desired['equals'],
): boolean {
  if (found.value === equals || found.spelling === String(equals)) return true;
  return typeof equals === 'boolean' && typeof yes === 'number' && found.value === Number(equals);
}

function workOf({ apply }: Desired): string {
  if (apply === undefined) return 'by hand: the plan gives no apply';
  return apply.length === 1 ? 'by 1 statement' : `by ${apply.length} statements`;
}

function missing(who: string, client: SqlClient, what: 'apply' | 'undo'): ConnectorError {
  return new ConnectorError(
    'refused',
    `[${who}] Cannot ${what} on ${client.system}: the plan gives no SQL for it. Add ${what}: "…".`,
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
