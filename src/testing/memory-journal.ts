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
  /**
   * How events are kept: `sealed` (the default) as JSON would give them back, each chained to the one before; `bare` as
   * they were given and without a hash, for simulations that write a million runs.
   */
  readonly kept?: 'sealed' | 'bare';
}

/** What a journal in memory holds, asked without waiting: what stands behind {@link memoryJournal}. */
export interface MemoryStore {
  readonly append: (appends: readonly Append[]) => Appended;
  readonly read: (stream: string, from?: number) => readonly JournalEvent[];
  readonly list: (prefix: string, limit?: number) => readonly StreamSummary[];
  readonly due: () => { readonly streams: readonly string[]; readonly next: number | null };
  readonly nextNumber: (series: string) => number;
  readonly now: () => number;
  /** When this stream must be looked at again; null for never. */
  readonly deadlineOf: (stream: string) => number | null;
  /** The stream that holds a claim; null when nobody does. */
  readonly holderOf: (claim: string) => string | null;
}

/** A store that forgets everything with its process. */
export function memoryStore({
  now,
  enqueue = () => undefined,
  kept = 'sealed',
}: MemoryJournalParts): MemoryStore {
  const streams = new Map<string, JournalEvent[]>();
  const summaries = new Map<string, StreamSummary>();
  const deadlines = new Map<string, number>();
  const numbers = new Map<string, number>();
  /** The stream that holds a claim, by claim. */
  let claims: ReadonlyMap<string, string> = new Map();

  /** What stands against these appends, or the claims as they are after them. */
  function judge(
    appends: readonly Append[],
  ): Exclude<Appended, { type: 'appended' }> | ReadonlyMap<string, string> {
    let after = claims;
    const lengths = new Map<string, number>();
    for (const { stream, expected, events, claim, release = false } of appends) {
      const actual = lengths.get(stream) ?? streams.get(stream)?.length ?? 0;
      if (actual !== expected) return { type: 'conflict', stream, actual };
      lengths.set(stream, actual + events.length);
      const by = claim === undefined ? stream : (after.get(claim) ?? stream);
      if (claim !== undefined && by !== stream) return { type: 'claimed', claim, by };
      if (release) after = new Map([...after].filter(([, holder]) => holder !== stream));
      if (claim !== undefined) after = new Map([...after, [claim, stream]]);
    }
    return after;
  }

  function write(append: Append): readonly JournalEvent[] {
    const { stream, events, at: decidedAt = Number.POSITIVE_INFINITY, summary, deadline } = append;
    const all = streams.get(stream) ?? [];
    if (all.length === 0) streams.set(stream, all);
    const at = Math.max(Math.min(now(), decidedAt), all.at(-1)?.at ?? 0);
    const written = events.map((event) => {
      const { actor, body } = kept === 'sealed' ? asJson(event) : event;
      const bare = { stream, seq: all.length + 1, at, actor, body };
      const hash = kept === 'sealed' ? chainHash(all.at(-1)?.hash ?? firstLink, bare) : '';
      const whole = { ...bare, hash };
      all.push(whole);
      return whole;
    });
    const last = all.at(-1);
    if (summary !== undefined)
      summaries.set(stream, { stream, seq: last?.seq ?? 0, at: last?.at ?? 0, summary });
    if (deadline === null) deadlines.delete(stream);
    else if (deadline !== undefined) deadlines.set(stream, deadline);
    return written;
  }

  return {
    append: (appends) => {
      const judged = judge(appends);
      if ('type' in judged) return judged;
      claims = judged;
      const events = appends.flatMap(write);
      enqueue(appends.flatMap(({ jobs = [] }) => jobs));
      return { type: 'appended', events };
    },
    read: (stream, from = 1) => (streams.get(stream) ?? []).slice(Math.max(0, from - 1)),
    list: (prefix, limit = 100) =>
      [...summaries.values()]
        .filter(({ stream }) => stream.startsWith(prefix))
        .toSorted((a, b) => b.at - a.at || (a.stream < b.stream ? 1 : -1))
        .slice(0, limit),
    due: () => {
      const at = now();
      const all = [...deadlines].toSorted(([, a], [, b]) => a - b);
      const next = all.find(([, due]) => due > at);
      return {
        streams: all.filter(([, due]) => due <= at).map(([stream]) => stream),
        next: next?.[1] ?? null,
      };
    },
    nextNumber: (series) => {
      const number = (numbers.get(series) ?? 0) + 1;
      numbers.set(series, number);
      return number;
    },
    now,
    deadlineOf: (stream) => deadlines.get(stream) ?? null,
    holderOf: (claim) => claims.get(claim) ?? null,
  };
}

/** A journal on a store of its own. */
export function memoryJournal(parts: MemoryJournalParts): Journal {
  const store = memoryStore(parts);
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
      const appended = store.append(appends);
      if (appended.type === 'appended') tell(appends);
      return appended;
    },
    read: async (stream, from) => store.read(stream, from),
    list: async (prefix, limit) => store.list(prefix, limit),
    onAppended: (listener) => {
      // Each call is a subscription of its own, also with the same function.
      const own = (stream: string): void => listener(stream);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    due: async () => store.due(),
    nextNumber: async (series) => store.nextNumber(series),
    now: async () => store.now(),
  };
}

/** The cast holds because an event is plain JSON. */
function asJson<Event>(event: Event): Event {
  return JSON.parse(JSON.stringify(event)) as Event;
}
