// The journal in memory: everything the port promises except durability, for tests on a clock of their own.
import { chainHash, firstLink } from '../core/journal/chain.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import type { Append, Appended, Job, Journal, StreamSummary } from '../core/journal/journal.ts';

/** What a memory journal needs. */
export interface MemoryJournalParts {
  /** The store's clock: epoch milliseconds. */
  readonly now: () => number;
  /** Takes the jobs of each append that was written; default: they are dropped. */
  readonly enqueue?: (jobs: readonly Job[]) => void;
}

/** Everything that a memory journal holds. Copied before each append, so that one which fails leaves no trace. */
interface Held {
  readonly streams: ReadonlyMap<string, readonly JournalEvent[]>;
  readonly summaries: ReadonlyMap<string, StreamSummary>;
  readonly deadlines: ReadonlyMap<string, number>;
  /** The stream that holds a claim, by claim. */
  readonly claims: ReadonlyMap<string, string>;
}

/** A journal that forgets everything with its process. */
export function memoryJournal({ now, enqueue = () => undefined }: MemoryJournalParts): Journal {
  let held: Held = {
    streams: new Map(),
    summaries: new Map(),
    deadlines: new Map(),
    claims: new Map(),
  };
  const numbers = new Map<string, number>();
  const listeners = new Set<(stream: string) => void>();

  function tell(appends: readonly Append[]): void {
    const streams = new Set(
      appends.filter(({ events }) => events.length > 0).map(({ stream }) => stream),
    );
    for (const listener of listeners) {
      for (const stream of streams)
        queueMicrotask(() => listeners.has(listener) && listener(stream));
    }
  }

  return {
    append: async (appends) => {
      const written: JournalEvent[] = [];
      let next = held;
      for (const append of appends) {
        const hindrance = hindranceOf(append, next);
        if (hindrance !== null) return hindrance;
        const events = chained(append, next.streams.get(append.stream) ?? [], now());
        next = withAppend(next, append, events);
        written.push(...events);
      }
      held = next;
      enqueue(appends.flatMap(({ jobs = [] }) => jobs));
      tell(appends);
      return { type: 'appended', events: written };
    },
    read: async (stream, from = 1) => (held.streams.get(stream) ?? []).slice(Math.max(0, from - 1)),
    list: async (prefix, limit = 100) =>
      [...held.summaries.values()]
        .filter(({ stream }) => stream.startsWith(prefix))
        .toSorted((a, b) => b.at - a.at || (a.stream < b.stream ? 1 : -1))
        .slice(0, limit),
    onAppended: (listener) => {
      // Each call is a subscription of its own, also with the same function.
      const own = (stream: string): void => listener(stream);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    due: async () => {
      const at = now();
      const all = [...held.deadlines].toSorted(([, a], [, b]) => a - b);
      const next = all.find(([, due]) => due > at);
      return {
        streams: all.filter(([, due]) => due <= at).map(([stream]) => stream),
        next: next?.[1] ?? null,
      };
    },
    nextNumber: async (series) => {
      const number = (numbers.get(series) ?? 0) + 1;
      numbers.set(series, number);
      return number;
    },
    now: async () => now(),
  };
}

/** What stands against an append; null when nothing does. */
function hindranceOf(
  { stream, expected, claim }: Append,
  { streams, claims }: Held,
): Appended | null {
  const actual = streams.get(stream)?.length ?? 0;
  if (actual !== expected) return { type: 'conflict', stream, actual };
  if (claim === undefined) return null;
  const by = claims.get(claim) ?? stream;
  return by === stream ? null : { type: 'claimed', claim, by };
}

/** The new events of a stream, as JSON would give them back, each chained to the one before. */
function chained(
  { stream, events, at: decidedAt = Number.POSITIVE_INFINITY }: Append,
  before: readonly JournalEvent[],
  now: number,
): readonly JournalEvent[] {
  let last = before.at(-1);
  return events.map((event) => {
    // The cast holds because an event is plain JSON.
    const { actor, body } = JSON.parse(JSON.stringify(event)) as typeof event;
    const seq = (last?.seq ?? 0) + 1;
    const bare = {
      stream,
      seq,
      at: Math.max(Math.min(now, decidedAt), last?.at ?? 0),
      actor,
      body,
    };
    last = { ...bare, hash: chainHash(last?.hash ?? firstLink, bare) };
    return last;
  });
}

function withAppend(held: Held, append: Append, events: readonly JournalEvent[]): Held {
  const { stream, summary, deadline, claim, release = false } = append;
  const all = [...(held.streams.get(stream) ?? []), ...events];
  const { at, seq } = all.at(-1) ?? { at: 0, seq: 0 };
  const free = release ? [...held.claims].filter(([, by]) => by !== stream) : [...held.claims];
  const line = summary === undefined ? [] : [[stream, { stream, seq, at, summary }] as const];
  const others =
    deadline === undefined
      ? [...held.deadlines]
      : [...held.deadlines].filter(([each]) => each !== stream);
  const own = deadline === undefined || deadline === null ? [] : [[stream, deadline] as const];
  return {
    streams: new Map([...held.streams, [stream, all]]),
    summaries: new Map([...held.summaries, ...line]),
    deadlines: new Map([...others, ...own]),
    claims: new Map(claim === undefined ? free : [...free, [claim, stream]]),
  };
}
