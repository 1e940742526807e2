// A bounded load of requests: when each is due, how many run at once, when it is broken off, and what was measured.
import { setTimeout as sleep } from 'node:timers/promises';

/** How much is sent. */
export interface Load {
  /** Requests a second once the ramp is over. */
  readonly perSecond: number;
  /** From nothing to the full rate, in a straight line. Milliseconds. */
  readonly rampMs: number;
  /** At the full rate. Milliseconds. */
  readonly forMs: number;
  /** So many at once at the most; what is due and finds no place waits, and its wait is part of its latency. */
  readonly atOnce: number;
  /** Broken off when so many of the newest answers are errors, from 0 to 1. */
  readonly shedAt: number;
}

/** What became of one request: an error says what was wrong. */
export type Sent = { readonly type: 'good' } | { readonly type: 'error'; readonly because: string };

/** What was measured at the full rate; the ramp warms and is not judged. */
export interface Measured {
  readonly sent: number;
  readonly errors: number;
  /** The first few different errors, in words. */
  readonly said: readonly string[];
  /** From when each request was due to its answer, ascending. Milliseconds. */
  readonly tookMs: readonly number[];
  /** Answers a second. */
  readonly perSecond: number;
  /** Why it was broken off; null when it was sent to its end. */
  readonly shed: string | null;
}

/** The shed switch looks at so many of the newest answers, and at nothing before there are so many. */
const SHED_WINDOW = 20;

/** So many different errors are told. */
const SAID_MAX = 3;

/** How many requests a load is, with its ramp. */
export function requestsOf({ perSecond, rampMs, forMs }: Omit<Load, 'atOnce' | 'shedAt'>): number {
  return Math.max(1, Math.floor((perSecond * (rampMs / 2 + forMs)) / 1000));
}

/** When request number `index` (from 0) is due: along the ramp the rate grows evenly, so their number grows with the square. */
export function dueMs(
  index: number,
  { perSecond, rampMs }: Pick<Load, 'perSecond' | 'rampMs'>,
): number {
  const inRamp = (perSecond * rampMs) / 2000;
  if (index < inRamp) return Math.sqrt((2 * index * rampMs * 1000) / perSecond);
  return rampMs + ((index - inRamp) * 1000) / perSecond;
}

/** The quantile of ascending numbers by nearest rank; 0 of none. */
export function quantileOf(ascending: readonly number[], quantile: number): number {
  const rank = Math.max(1, Math.ceil(quantile * ascending.length));
  return ascending[Math.min(ascending.length, rank) - 1] ?? 0;
}

/**
 * Sends the load. Requests are due by the clock and not by the answers before them, so that a system that becomes slow
 * is not asked less, and looks as slow as it is. Throws the reason of the signal when it aborts.
 */
export async function sendLoad(
  load: Load,
  signal: AbortSignal,
  send: (index: number) => Promise<Sent>,
): Promise<Measured> {
  const all = requestsOf(load);
  const newest: boolean[] = [];
  const tookMs: number[] = [];
  const said = new Set<string>();
  let next = 0;
  let errors = 0;
  let shed: string | null = null;
  let lastMs = load.rampMs;
  const startedAt = performance.now();
  const judge = (answer: Sent, due: number, now: number): void => {
    newest.push(answer.type === 'error');
    if (newest.length > SHED_WINDOW) newest.shift();
    if (answer.type === 'error' && said.size < SAID_MAX) said.add(answer.because);
    if (due >= load.rampMs) {
      tookMs.push(now - due);
      lastMs = now;
      if (answer.type === 'error') errors += 1;
    }
    const bad = newest.filter((each) => each).length;
    if (newest.length === SHED_WINDOW && bad / SHED_WINDOW > load.shedAt)
      shed ??= `${bad} of the newest ${SHED_WINDOW} answers were errors after ${Math.round(now / 1000)} s`;
  };
  const work = async (): Promise<void> => {
    for (;;) {
      if (next >= all || shed !== null) return;
      const index = next;
      next += 1;
      const due = dueMs(index, load);
      const wait = due - (performance.now() - startedAt);
      if (wait > 0) await sleep(wait, undefined, { signal });
      signal.throwIfAborted();
      const answer = await send(index);
      signal.throwIfAborted();
      judge(answer, due, performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: Math.min(load.atOnce, all) }, work));
  const seconds = Math.max(load.forMs, lastMs - load.rampMs) / 1000;
  return {
    sent: tookMs.length,
    errors,
    said: [...said],
    tookMs: tookMs.toSorted((one, other) => one - other),
    perSecond: tookMs.length / seconds,
    shed,
  };
}
