// The append: one statement that checks, chains and writes everything, or nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '../core/journal/chain.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import type { Append, Appended, Job } from '../core/journal/journal.ts';
import type { Database, Query } from './database.ts';
import { codeOf, StoreError } from './errors.ts';

/** Puts jobs into the dispatcher's tables, on the connection and in the transaction that it is handed. */
export type Enqueue = (sql: SqlRunner, jobs: readonly Job[]) => Promise<void>;

/** What pg-boss calls a `db`. */
export interface SqlRunner {
  readonly executeSql: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;
}

interface Written {
  readonly seq: number;
  readonly at: number;
  readonly hash: string;
}

const text = `select seq, at, hash from backout.append(
  $1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::boolean[], $7::int[], $8::text[], $9::text[],
  $10::bigint[])`;

const attemptsMax = 5;

/** Writes; tries again when Postgres broke a deadlock, for then nothing was written. */
export async function append(
  database: Database,
  appends: readonly Append[],
  enqueue: Enqueue | undefined,
): Promise<Appended> {
  const jobs = appends.flatMap((one) => one.jobs ?? []);
  const values = toValues(appends);
  for (let attempt = 1; ; attempt++) {
    try {
      const written = await write(database, values, jobs, enqueue);
      return { type: 'appended', events: toEvents(appends, values, written) };
    } catch (error) {
      const cause = error instanceof StoreError ? error.cause : error;
      const refused = toRefusal(cause);
      if (refused?.type === 'conflict' || (refused?.type === 'claimed' && refused.by !== ''))
        return refused;
      const again = refused !== null || ['40P01', '40001'].includes(codeOf(cause));
      if (!again || attempt === attemptsMax) throw error;
      await sleep(attempt * 5);
    }
  }
}

async function write(
  database: Database,
  values: readonly unknown[],
  jobs: readonly Job[],
  enqueue: Enqueue | undefined,
): Promise<readonly Written[]> {
  if (jobs.length === 0) return database.query<Written>(text, values, 'append');
  if (enqueue === undefined) {
    throw new StoreError(
      'refused',
      '[store] Cannot append jobs: this store was opened without a dispatcher.',
    );
  }
  return database.transaction(async (query) => {
    const written = await query<Written>(text, values, 'append');
    await query('set local role none'); // the dispatcher's tables belong to the user of the URL
    await enqueue(runnerOf(query), jobs);
    return written;
  });
}

function runnerOf(query: Query): SqlRunner {
  return {
    executeSql: async (statement, values) => ({
      rows: [...(await query<object>(statement, values))],
    }),
  };
}

/** The ten arrays of backout.append; see sql/0001-journal.sql. */
function toValues(appends: readonly Append[]): readonly (readonly unknown[])[] {
  const owners: number[] = [];
  const actors: string[] = [];
  const bodies: string[] = [];
  for (const [index, one] of appends.entries()) {
    for (const event of one.events) {
      owners.push(index + 1);
      actors.push(canonicalJson(event.actor));
      bodies.push(canonicalJson(event.body));
    }
  }
  return [
    appends.map((one) => one.stream),
    appends.map((one) => one.expected),
    appends.map((one) => (one.summary === undefined ? null : canonicalJson(one.summary))),
    appends.map(({ deadline }) => (deadline === undefined ? null : (deadline ?? -1))),
    appends.map((one) => one.claim ?? null),
    appends.map((one) => one.release ?? false),
    owners,
    actors,
    bodies,
    appends.map((one) => one.at ?? null),
  ];
}

/** The events as any later reader will see them: made of the very texts that were written. */
function toEvents(
  appends: readonly Append[],
  values: readonly (readonly unknown[])[],
  written: readonly Written[],
): readonly JournalEvent[] {
  return written.map((row, index) => {
    // `toValues` made these arrays; all three are as long as there are events.
    const owner = values[6]?.[index] as number;
    return {
      stream: appends[owner - 1]?.stream ?? '',
      ...row,
      actor: JSON.parse(values[7]?.[index] as string),
      body: JSON.parse(values[8]?.[index] as string),
    };
  });
}

function toRefusal(cause: unknown): Exclude<Appended, { readonly type: 'appended' }> | null {
  const code = codeOf(cause);
  if (code !== 'BO001' && code !== 'BO002') return null;
  // Raised by backout.append with this very detail.
  const detail = JSON.parse((cause as { readonly detail: string }).detail);
  return code === 'BO001' ? { type: 'conflict', ...detail } : { type: 'claimed', ...detail };
}
