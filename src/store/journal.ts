// The journal in Postgres: implements the port of core/journal.
import { sql } from 'kysely';
import type { JournalEvent } from '../core/journal/event.ts';
import type { Journal } from '../core/journal/journal.ts';
import { append, type Enqueue } from './append.ts';
import type { Database } from './database.ts';
import type { Listening } from './listen.ts';
import type { EventRow } from './tables.ts';

const listMax = 1000;
const dueMax = 1000;

/** A journal on an open database; `listening` is told of every append and tells of those of other processes. */
export function createJournal(
  database: Database,
  listening: Listening,
  enqueue?: Enqueue,
): Journal {
  const { build, guard, query } = database;
  return {
    append: async (appends) => {
      const appended = await append(database, appends, enqueue);
      if (appended.type === 'appended') listening.appendedHere(appended.events);
      return appended;
    },
    read: async (stream, from = 1) => {
      const text =
        'select stream, seq, at, actor, body, hash from backout.event where stream = $1 and seq >= $2 order by seq';
      return (await query<EventRow>(text, [stream, from], 'read')).map(toEvent);
    },
    list: async (prefix, limit = 100) => {
      const rows = await guard(() =>
        build
          .selectFrom('backout.summary')
          .select(['stream', 'seq', 'at', 'summary'])
          .where(sql<boolean>`starts_with(stream, ${prefix})`)
          .orderBy('at', 'desc')
          .orderBy('stream', 'desc')
          .limit(Math.min(limit, listMax))
          .execute(),
      );
      return rows.map((row) => ({ ...row, summary: JSON.parse(row.summary) }));
    },
    onAppended: listening.onAppended,
    due: async () => {
      const rows = await query<{ stream: string; due: number; late: boolean }>(
        `select stream, due, due <= now as late from backout.deadline, backout.clock() as now order by due limit ${dueMax}`,
        [],
        'due',
      );
      const next = rows.find((row) => !row.late);
      return {
        streams: rows.filter((row) => row.late).map((row) => row.stream),
        next: next?.due ?? null,
      };
    },
    nextNumber: async (series) => {
      const text = 'select backout.next_number($1) as number';
      return one(await query<{ number: number }>(text, [series])).number;
    },
    now: async () =>
      one(await query<{ now: number }>('select backout.clock() as now', [], 'now')).now,
  };
}

/** An event of its row. */
export function toEvent(row: EventRow): JournalEvent {
  return {
    stream: row.stream,
    seq: row.seq,
    at: row.at,
    actor: JSON.parse(row.actor),
    body: JSON.parse(row.body),
    hash: row.hash,
  };
}

function one<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('[store] A statement that always gives a row gave none.');
  return row;
}
