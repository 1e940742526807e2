// A journal in memory for the tests of the server: appends, reads and wakes; it keeps no claims, jobs or deadlines.
import type { JournalEvent, Json } from '../../src/core/journal/event.ts';
import { chainHash, firstLink } from '../../src/core/journal/chain.ts';
import type { Journal } from '../../src/core/journal/journal.ts';

/** An empty journal whose clock is `now`. */
export function pretendJournal(now: () => number = Date.now): Journal {
  const streams = new Map<string, JournalEvent[]>();
  const summaries = new Map<string, Json>();
  const listeners = new Set<(stream: string) => void>();
  let numbers = 0;
  return {
    append: async (appends) => {
      for (const { stream, expected } of appends) {
        const actual = streams.get(stream)?.length ?? 0;
        if (actual !== expected) return { type: 'conflict', stream, actual };
      }
      const appended = appends.flatMap(({ stream, events, summary }) => {
        const kept = streams.get(stream) ?? [];
        streams.set(stream, kept);
        if (summary !== undefined) summaries.set(stream, summary);
        return events.map((event) => {
          const whole = {
            ...event,
            stream,
            seq: kept.length + 1,
            at: Math.max(now(), kept.at(-1)?.at ?? 0),
          };
          const chained = { ...whole, hash: chainHash(kept.at(-1)?.hash ?? firstLink, whole) };
          kept.push(chained);
          return chained;
        });
      });
      for (const listener of listeners) for (const { stream } of appends) listener(stream);
      return { type: 'appended', events: appended };
    },
    read: async (stream, from = 1) => (streams.get(stream) ?? []).slice(from - 1),
    list: async (prefix) =>
      [...streams]
        .filter(([stream]) => stream.startsWith(prefix))
        .map(([stream, events]) => ({
          stream,
          seq: events.length,
          at: events.at(-1)?.at ?? 0,
          summary: summaries.get(stream) ?? null,
        })),
    onAppended: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    due: async () => ({ streams: [], next: null }),
    nextNumber: async () => (numbers += 1),
    now: async () => now(),
  };
}
