// The threshold detector: is an absolute promise broken, for how long, and has it cleared?
import type { Json } from '../../journal/event.ts';
import { type Sample, type SignalReading, settle } from '../sample.ts';
import type { Detector, Judgement, SignalStatus } from './detector.ts';
import { type Streak, grow, lasted } from './streak.ts';

/**
 * A limit with a direction. Times are milliseconds.
 * Breached: every known reading has been bad for at least `forMs`, and at least 80 % of the readings expected in that
 * time are known (a missing reading is neither good nor bad: it never resets and never counts).
 * Clears: every known reading for `clearForMs` is on the good side of `clearsAt`, again with 80 % coverage.
 */
export interface ThresholdRule {
  readonly type: 'threshold';
  readonly direction: 'above' | 'below';
  readonly limit: number;
  /** What the number counts, as the plan declares it: evidence is read long after the plan has changed. */
  readonly unit?: string;
  readonly clearsAt: number;
  readonly forMs: number;
  readonly clearForMs: number;
  /** How many bad readings a breach needs at the least. */
  readonly atLeast: number;
  readonly everyMs: number;
  /** The signal is blind when its newest known reading is older. */
  readonly blindAfterMs: number;
}

/** What the detector remembers: plain JSON, a few numbers. */
export interface ThresholdState {
  readonly status: SignalStatus;
  /** Where it stood before it went blind. */
  readonly before: Exclude<SignalStatus, 'blind'>;
  /** On which side the newest readings in a row are, and those readings. */
  readonly side: 'bad' | 'good';
  readonly streak: Streak;
  /** Time of the newest known reading; when judging began, before the first. */
  readonly knownAt: number | null;
  /** The newest instant that was judged: it and all before it never change again. */
  readonly lastAt: number | null;
}

/** A source's clock may be ahead by so much, or by two readings where that is more. Milliseconds. */
const CLOCK_AHEAD_MAX_MS = 10_000;

/** The threshold detector (decisions: rule D1 with share 100 %). */
export const threshold: Detector<ThresholdRule, ThresholdState> = {
  start: () => ({
    status: 'healthy',
    before: 'healthy',
    side: 'good',
    streak: [],
    knownAt: null,
    lastAt: null,
  }),
  judge,
};

function judge(
  rule: ThresholdRule,
  state: ThresholdState,
  raw: SignalReading,
  now: number,
): Judgement<ThresholdState> {
  const sample = sampleOf(rule, settle(raw), now);
  if (sample.type !== 'ok' && sample.type !== 'bad') return unknown(rule, state, sample, now);
  // The same instant twice, or an older one: the past does not change.
  if (state.lastAt !== null && sample.at <= state.lastAt) return unknown(rule, state, sample, now);
  // What was seen before blindness, or before a time in which nobody looked, is no part of a streak with this.
  const unseen =
    state.status === 'blind' ||
    (state.knownAt !== null && sample.at - state.knownAt >= rule.blindAfterMs);
  const status = state.status === 'blind' ? state.before : state.status;
  const next = known(rule, unseen ? { ...state, streak: [] } : state, status, sample);
  return say(
    rule,
    {
      ...next,
      before: exceptBlind(next.status),
      knownAt: Math.min(sample.at, now),
      lastAt: sample.at,
    },
    sample,
  );
}

function exceptBlind(status: SignalStatus): Exclude<SignalStatus, 'blind'> {
  return status === 'blind' ? 'healthy' : status;
}

function sampleOf(rule: ThresholdRule, reading: SignalReading, now: number): Sample {
  if (reading.type !== 'number') return reading;
  const { at, value } = reading;
  if (now - at > rule.blindAfterMs) {
    return {
      type: 'no-data',
      at: now,
      because: `the newest reading is ${Math.round((now - at) / 1000)} s old`,
    };
  }
  if (at - now > Math.max(2 * rule.everyMs, CLOCK_AHEAD_MAX_MS)) {
    return {
      type: 'invalid',
      at: now,
      because: `the clock of the source is ${Math.round((at - now) / 1000)} s ahead`,
    };
  }
  const bad = rule.direction === 'above' ? value > rule.limit : value < rule.limit;
  if (bad) return { type: 'bad', at, value, clear: false };
  const clear = rule.direction === 'above' ? value <= rule.clearsAt : value >= rule.clearsAt;
  return { type: 'ok', at, value, clear };
}

/** Nothing known came: time alone can only make a signal blind. */
function unknown(
  rule: ThresholdRule,
  state: ThresholdState,
  sample: Sample,
  now: number,
): Judgement<ThresholdState> {
  const since = state.knownAt ?? now;
  const blind = state.status === 'blind' || now - since >= rule.blindAfterMs;
  return say(rule, { ...state, knownAt: since, status: blind ? 'blind' : state.status }, sample);
}

type Known = Sample & { type: 'ok' | 'bad' };

function known(
  rule: ThresholdRule,
  state: ThresholdState,
  status: Exclude<SignalStatus, 'blind'>,
  sample: Known,
): ThresholdState {
  const { everyMs, forMs, clearForMs, atLeast } = rule;
  const on = (side: 'bad' | 'good'): Streak =>
    grow(state.side === side ? state.streak : [], sample.at, everyMs);
  switch (status) {
    case 'healthy':
    case 'suspect': {
      if (sample.type === 'bad') {
        const streak = on('bad');
        const breached = lasted(streak, { ms: forMs, everyMs, atLeast });
        return { ...state, status: breached ? 'breached' : 'suspect', side: 'bad', streak };
      }
      if (status === 'healthy') return { ...state, status, side: 'good', streak: [] };
      const streak = on('good');
      // The first good reading comes one instant after the last bad one.
      const calm = lasted(streak, { ms: Math.max(0, forMs - everyMs), everyMs });
      return {
        ...state,
        status: calm ? 'healthy' : 'suspect',
        side: 'good',
        streak: calm ? [] : streak,
      };
    }
    case 'breached':
    case 'clearing': {
      if (sample.type === 'bad' || !sample.clear)
        return { ...state, status: 'breached', side: 'bad', streak: [] };
      const streak = on('good');
      const clear = lasted(streak, { ms: clearForMs, everyMs });
      return {
        ...state,
        status: clear ? 'healthy' : 'clearing',
        side: 'good',
        streak: clear ? [] : streak,
      };
    }
  }
}

function say(
  rule: ThresholdRule,
  state: ThresholdState,
  sample: Sample,
): Judgement<ThresholdState> {
  const since = state.streak[0]?.from;
  const seen: { readonly [key: string]: Json } =
    sample.type === 'ok' || sample.type === 'bad'
      ? { value: sample.value }
      : { unknown: sample.type, because: sample.because };
  return {
    state,
    status: state.status,
    sample,
    evidence: {
      ...seen,
      at: sample.at,
      ...(rule.unit === undefined ? {} : { unit: rule.unit }),
      [rule.direction]: rule.limit,
      forMs: rule.forMs,
      clearsAt: rule.clearsAt,
      ...(since === undefined ? {} : { since }),
    },
  };
}
