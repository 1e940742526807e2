// Streaks: readings in a row on one side of a limit, and whether they have lasted, in readings that are really known.

/** Readings that came one after another without a gap: when the first came, the newest, and how many there are. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly known: number;
}

/** Stretches in a row, oldest first. A missing reading ends a stretch, never a streak. Plain JSON. */
export type Streak = readonly Stretch[];

/** What a streak must have to count. Times are milliseconds. */
export interface Lasting {
  readonly ms: number;
  readonly everyMs: number;
  /** How many readings it needs at the least; default 1. */
  readonly atLeast?: number;
}

/** The share of the expected readings that must be known before a duration is believed. */
const COVERAGE = 0.8;

/** How many stretches are remembered apart, so that a detector's state stays small whatever comes. */
const STRETCHES_MAX = 16;

/** The streak with one more reading. Two readings nearer than half of `everyMs` are one. */
export function grow(streak: Streak, at: number, everyMs: number): Streak {
  const last = streak.at(-1);
  if (last === undefined) return [{ from: at, to: at, known: 1 }];
  if (at - last.to < everyMs / 2) return streak;
  if (at - last.to > everyMs * 1.5)
    return bounded([...streak, { from: at, to: at, known: 1 }], everyMs);
  return [...streak.slice(0, -1), { from: last.from, to: at, known: last.known + 1 }];
}

/**
 * Has it lasted? Some end of it must be long enough, and hold at least 80 % of the readings that were expected then:
 * a hole long ago does not spoil what has been known without a gap since.
 */
export function lasted(streak: Streak, { ms, everyMs, atLeast = 1 }: Lasting): boolean {
  const to = streak.at(-1)?.to ?? 0;
  let known = 0;
  return streak.toReversed().some((stretch) => {
    known += stretch.known;
    const expected = expectedIn(to - stretch.from, everyMs);
    const longEnough = (known - 1) * everyMs >= ms && to - stretch.from >= ms - everyMs / 2;
    return longEnough && known >= atLeast && known >= COVERAGE * expected;
  });
}

function expectedIn(ms: number, everyMs: number): number {
  return Math.round(ms / everyMs) + 1;
}

/** Too many stretches: the oldest is put to the next one, or forgotten where it would only spoil the coverage. */
function bounded(streak: Streak, everyMs: number): Streak {
  const [oldest, next, ...others] = streak;
  if (oldest === undefined || next === undefined || streak.length <= STRETCHES_MAX) return streak;
  const spoils = oldest.known < (COVERAGE * (next.from - oldest.from)) / everyMs;
  if (spoils) return [next, ...others];
  return [{ from: oldest.from, to: next.to, known: oldest.known + next.known }, ...others];
}
