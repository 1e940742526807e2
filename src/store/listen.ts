// Who appended what: told at once by notification, and within a second by looking, for notifications can be lost.
//
// The notification is sent after the commit and on a connection of its own: inside the append it would take a lock that
// lets only one transaction of the whole database commit at a time. What a process that died in between did not tell,
// the look finds.
import type { Client } from 'pg';
import type { JournalEvent } from '../core/journal/event.ts';
import type { Database } from './database.ts';

/** The hub between appends and those who want to know of them. */
export interface Listening {
  readonly onAppended: (listener: (stream: string) => void) => () => void;
  /** This process appended these. */
  readonly appendedHere: (events: readonly JournalEvent[]) => void;
  readonly close: () => Promise<void>;
}

const channel = 'backout_appended';
const lookEveryMs = 1000;
const reconnectEveryMs = 250;
/** No append takes longer (statement_timeout), so no event becomes visible later than this after its own time. */
const lookBackMs = 65_000;

/** Begins to listen when the first listener comes. */
export function createListening(database: Database): Listening {
  const listeners = new Set<(stream: string) => void>();
  const known = new Map<string, { readonly seq: number; readonly at: number }>();
  const toTell = new Map<string, { readonly seq: number; readonly at: number }>();
  let client: Client | null = null;
  let telling: Promise<void> | null = null;
  let looking: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let connecting: Promise<void> | null = null;
  let closed = false;

  const heard = (stream: string, seq: number, at: number): void => {
    if ((known.get(stream)?.seq ?? 0) >= seq) return;
    known.set(stream, { seq, at });
    for (const listener of listeners) queueMicrotask(() => listener(stream));
  };

  const tell = async (): Promise<void> => {
    while (toTell.size > 0) {
      const payloads = [...toTell].map(([stream, { seq, at }]) => `${seq} ${at} ${stream}`);
      toTell.clear();
      await database
        .query(`select pg_notify('${channel}', p) from unnest($1::text[]) as p`, [payloads], 'tell')
        .catch(() => undefined); // the look of the others finds it
    }
    telling = null;
  };

  const look = async (): Promise<void> => {
    try {
      const rows = await database.query<{ stream: string; seq: number; at: number }>(
        `select stream, seq, at from backout.head where at > backout.clock() - ${lookBackMs}`,
        [],
        'look',
      );
      const visible = new Set(rows.map((row) => row.stream));
      for (const row of rows) heard(row.stream, row.seq, row.at);
      for (const stream of known.keys()) if (!visible.has(stream)) known.delete(stream);
    } catch {
      // Away for a moment: the next look sees all that was missed.
    }
    looking = null;
  };

  const connect = async (): Promise<void> => {
    try {
      const fresh = await database.direct('backout-listen');
      fresh.once('end', () => {
        client = null;
        later();
      });
      fresh.on('notification', ({ payload = '' }) => {
        const [, seq, at, stream] = /^(\d+) (\d+) (.*)$/s.exec(payload) ?? [];
        if (stream !== undefined) heard(stream, Number(seq), Number(at));
      });
      await fresh.query(`listen ${channel}`);
      client = fresh;
      if (closed) await fresh.end();
    } catch {
      later();
    }
    connecting = null;
  };
  const later = (): void => {
    if (!closed) setTimeout(() => void (connecting ??= connect()), reconnectEveryMs).unref();
  };

  return {
    onAppended: (listener) => {
      listeners.add(listener);
      if (timer === null && !closed) {
        timer = setInterval(() => void (looking ??= look()), lookEveryMs);
        connecting ??= connect();
      }
      return () => listeners.delete(listener);
    },
    appendedHere: (events) => {
      const newest = new Map(events.map((event) => [event.stream, event]));
      for (const { stream, seq, at } of newest.values()) {
        heard(stream, seq, at);
        toTell.set(stream, { seq, at });
      }
      telling ??= tell();
    },
    close: async () => {
      closed = true;
      listeners.clear();
      if (timer !== null) clearInterval(timer);
      await Promise.all([telling, looking, connecting]);
      await client?.end();
    },
  };
}
