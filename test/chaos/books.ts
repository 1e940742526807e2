// Compares the books after chaos: what people were told, what the journal holds, and what the systems were really made to do.
import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import type { Entry, Ledger } from './ledger.ts';
import type { People, Promised } from './people.ts';
import { PLANS } from './plans.ts';
import type { Target } from './target.ts';

/** What was found. Every list but the outcomes must be empty. */
export interface Verdict {
  readonly runs: number;
  readonly outcomes: { readonly [outcome: string]: number };
  readonly acknowledged: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly events: number;
  readonly looks: number;
  readonly changes: number;
  /** Events that somebody was told of and the journal lacks. */
  readonly lost: readonly string[];
  /** Changes that were made twice, and nobody looked between. */
  readonly twice: readonly string[];
  /** Runs that did not come to their end. */
  readonly open: readonly string[];
  /** What `backout store check` complained of. */
  readonly broken: readonly string[];
}

/** The books. */
export interface Books {
  readonly ledger: Ledger;
  readonly people: People;
  readonly target: Target;
  readonly data: Pool;
}

/** Compares them. `complaint`: what the store's own check says, null when it is content. */
export async function judge(
  { ledger, people, target, data }: Books,
  complaint: string | null,
): Promise<Verdict> {
  const outcomes: { [outcome: string]: number } = {};
  for (const outcome of ledger.ended.values()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const changes = target.book.filter(({ type }) => type === 'changed').length;
  return {
    runs: ledger.started.size,
    outcomes,
    acknowledged: people.promised.length,
    refused: people.refused,
    unanswered: people.unanswered,
    events: ledger.entries.length,
    looks: target.book.length - changes,
    changes,
    lost: lostOf(people.promised, ledger.entries, ledger.started),
    twice: [...twiceOf(target), ...(await countedTwice(data))],
    open: people.open(),
    broken: complaint === null ? [] : [complaint],
  };
}

/** Each event that was told of is there as often as it was told of. */
function lostOf(
  promised: readonly Promised[],
  entries: readonly Entry[],
  started: ReadonlyMap<string, string>,
): readonly string[] {
  const left = [...entries];
  return promised.flatMap(({ plan, event }) => {
    const index = left.findIndex(
      ({ stream, body }) =>
        body.type === event.type &&
        (stream === `migration-${plan}` || started.get(stream) === plan) &&
        isDeepStrictEqual(body, event),
    );
    if (index < 0) return [`${plan}: ${JSON.stringify(event).slice(0, 200)}`];
    left.splice(index, 1);
    return [];
  });
}

/** In the service's own book: between two changes by one run and step somebody looked. */
function twiceOf({ book }: Target): readonly string[] {
  const unseen = new Map<string, string>();
  const twice: string[] = [];
  for (const line of book) {
    if (line.type === 'looked') unseen.delete(line.value);
    else {
      if (unseen.get(line.value) === line.key)
        twice.push(`${line.key} changed ${line.value} twice at ${line.at}`);
      unseen.set(line.value, line.key);
    }
  }
  return twice;
}

/** In the database: a trigger there wrote down each time that a counter went above one. */
async function countedTwice(data: Pool): Promise<readonly string[]> {
  const { rows } = await data.query<{ plan: string; n: number }>(
    'select plan, n from counted_twice',
  );
  return rows.map(({ plan, n }) => `the counter of ${plan} went to ${n}`);
}

/** What the database must have before chaos, so that it can tell afterwards. */
export const counterTables = `
  create table counter (plan text primary key, n int not null);
  create table counted_twice (plan text, n int);
  create function tell_twice() returns trigger language plpgsql as $$
    begin insert into counted_twice values (new.plan, new.n); return new; end $$;
  create trigger tell_twice after update on counter for each row when (new.n > 1) execute function tell_twice();
  insert into counter values ${PLANS.map((plan) => `('${plan}', 0)`).join(', ')};
`;
