// What a watch remembers between readings, and which outside events were seen: kept beside the journal, overwritten in place.
import { sql } from 'kysely';
import type { Json } from '../core/journal/event.ts';
import type { Database } from './database.ts';

/** The state of one signal or trigger of a plan. */
export interface WatchState {
  readonly key: string;
  /** When it was so: epoch milliseconds. */
  readonly at: number;
  readonly state: Json;
}

/** The latest states of a plan's signals and triggers, so that a restart goes on where it was. */
export interface WatchStates {
  readonly load: (plan: string) => Promise<readonly WatchState[]>;
  /** Keeps the newer of what is there and what is given. */
  readonly save: (plan: string, states: readonly WatchState[]) => Promise<void>;
}

/** Events from outside, counted once. */
export interface Inbound {
  readonly seen: (system: string, eventId: string) => Promise<boolean>;
  /** True for exactly one caller per system and event id. Marked after the event was kept, never before. */
  readonly firstTime: (system: string, eventId: string) => Promise<boolean>;
  /** Forgets those older than this many milliseconds; answers how many. */
  readonly forget: (olderThanMs: number) => Promise<number>;
}

/** Watch states in Postgres. */
export function createWatchStates({ build, guard }: Database): WatchStates {
  return {
    load: async (plan) => {
      const rows = await guard(() =>
        build
          .selectFrom('backout.watch_state')
          .select(['key', 'at', 'state'])
          .where('plan', '=', plan)
          .orderBy('key')
          .execute(),
      );
      return rows.map((row) => ({ ...row, state: JSON.parse(row.state) }));
    },
    save: async (plan, states) => {
      if (states.length === 0) return;
      const rows = states
        .map(({ key, at, state }) => ({ plan, key, at, state: JSON.stringify(state) }))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1)); // one order of locks for all
      await guard(() =>
        build
          .insertInto('backout.watch_state')
          .values(rows)
          .onConflict((conflict) =>
            conflict
              .columns(['plan', 'key'])
              .doUpdateSet((row) => ({
                at: row.ref('excluded.at'),
                state: row.ref('excluded.state'),
              }))
              .whereRef('backout.watch_state.at', '<=', 'excluded.at'),
          )
          .execute(),
      );
    },
  };
}

/** Deduplication in Postgres. */
export function createInbound({ build, guard }: Database): Inbound {
  return {
    seen: async (system, eventId) => {
      const row = await guard(() =>
        build
          .selectFrom('backout.inbound')
          .select('at')
          .where('system', '=', system)
          .where('event_id', '=', eventId)
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
    firstTime: async (system, eventId) => {
      const result = await guard(() =>
        build
          .insertInto('backout.inbound')
          .values({ system, event_id: eventId, at: sql<number>`backout.clock()` })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst(),
      );
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    forget: async (olderThanMs) => {
      const result = await guard(() =>
        build
          .deleteFrom('backout.inbound')
          .where('at', '<', sql<number>`backout.clock() - ${olderThanMs}::bigint`)
          .executeTakeFirst(),
      );
      return Number(result.numDeletedRows);
    },
  };
}
