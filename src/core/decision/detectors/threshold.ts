// The threshold detector: is an absolute promise broken, for how long, and has it cleared?
import type { Json } from '../../journal/event.ts';
import { type Sample, type SignalReading, settle } from '../sample.ts';
import type { Detector, Judgement, SignalStatus } from './detector.ts';

/**
 * A limit with a direction. Times are milliseconds.
 * Breached: every known reading has been bad for at least `forMs`, and at least 80 % of the readings expected since
 * the first bad one are known (a missing reading is neither good nor bad: it never resets and never counts).
 * Clears: every known reading for `clearForMs` is on the good side of `clearsAt`, again with 80 % coverage.
 */
export interface ThresholdRule {
  readonly type: 'threshold';
  readonly direction: 'above' | 'below';
  readonly limit: number;
  readonly clearsAt: number;
  readonly forMs: number;
  readonly clearForMs: number;
  /** How many bad readings a breach needs at the least. */
  readonly atLeast: number;
  readonly everyMs: number;
  /** The signal is blind when its newest known reading is older. */
  readonly blindAfterMs: number;
}

/** Readings in a row on one side: when the first came, the newest, and how many are known. */
interface Streak {
  readonly from: number;
  readonly to: number;
  readonly known: number;
}

/** What the detector remembers: plain JSON, a few numbers. */
export interface ThresholdState {
  readonly status: SignalStatus;
  /** Where it stood before it went blind. */
  readonly before: Exclude<SignalStatus, 'blind'>;
  readonly streak: Streak | null;
  readonly lastBadAt: number | null;
  /** Time of the newest known reading; when judging began, before the first. */
  readonly knownAt: number | null;
  readonly lastAt: number | null;
}

/** The share of expected readings that must be known before a duration is believed. */
const COVERAGE = 0.8;

/** The threshold detector (decisions: rule D1 with share 100 %). */
export const threshold: Detector<ThresholdRule, ThresholdState> = {
  start: () => ({ status: 'healthy', before: 'healthy', streak: null, lastBadAt: null, knownAt: null, lastAt: null }),
  judge,
};

function judge(
  rule: ThresholdRule,
  state: ThresholdState,
  raw: SignalReading,
  now: number,
): Judgement<ThresholdState> {
  const sample = sampleOf(rule, settle(raw));
  if (sample.type !== 'ok' && sample.type !== 'bad') return unknown(rule, state, sample, now);
  // The same instant twice, or an older one: the past does not change.
  if (state.lastAt !== null && sample.at <= state.lastAt) return unknown(rule, state, sample, now);
  if (now - sample.at > rule.blindAfterMs) {
    return unknown(rule, state, { type: 'no-data', at: now, because: `the newest reading is ${Math.round((now - sample.at) / 1000)} s old` }, now);
  }
  const from = state.status === 'blind' ? { ...state, streak: null } : state;
  const status = state.status === 'blind' ? state.before : state.status;
  const next = known(rule, from, status, sample);
  return say(rule, { ...next, before: exceptBlind(next.status), knownAt: sample.at, lastAt: sample.at }, sample);
}

function exceptBlind(status: SignalStatus): Exclude<SignalStatus, 'blind'> {
  return status === 'blind' ? 'healthy' : status;
}

function sampleOf(rule: ThresholdRule, reading: SignalReading): Sample {
  if (reading.type !== 'number') return reading;
  const { at, value } = reading;
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
  const lastBadAt = sample.type === 'bad' ? sample.at : state.lastBadAt;
  switch (status) {
    case 'healthy':
    case 'suspect': {
      if (sample.type === 'bad') {
        const streak = grow(state.streak, sample.at);
        return { ...state, status: enough(rule, streak) ? 'breached' : 'suspect', streak, lastBadAt };
      }
      const calm = lastBadAt === null || sample.at - lastBadAt >= rule.forMs;
      return { ...state, status: calm ? 'healthy' : 'suspect', streak: null, lastBadAt };
    }
    case 'breached':
    case 'clearing': {
      if (sample.type === 'bad' || !sample.clear) return { ...state, status: 'breached', streak: null, lastBadAt };
      const streak = grow(status === 'clearing' ? state.streak : null, sample.at);
      const clear = lasted(rule, streak, rule.clearForMs);
      return { ...state, status: clear ? 'healthy' : 'clearing', streak: clear ? null : streak, lastBadAt };
    }
  }
}

function grow(streak: Streak | null, at: number): Streak {
  return streak === null ? { from: at, to: at, known: 1 } : { ...streak, to: at, known: streak.known + 1 };
}

function enough(rule: ThresholdRule, streak: Streak): boolean {
  return streak.known >= rule.atLeast && lasted(rule, streak, rule.forMs);
}

/** Has this streak lasted `ms`, in readings that are really known? */
function lasted(rule: ThresholdRule, streak: Streak, ms: number): boolean {
  const expected = Math.round((streak.to - streak.from) / rule.everyMs) + 1;
  return (streak.known - 1) * rule.everyMs >= ms && streak.known >= COVERAGE * expected;
}

function say(rule: ThresholdRule, state: ThresholdState, sample: Sample): Judgement<ThresholdState> {
  const seen: { readonly [key: string]: Json } =
    sample.type === 'ok' || sample.type === 'bad' ? { value: sample.value } : { unknown: sample.type, because: sample.because };
  return {
    state,
    status: state.status,
    sample,
    evidence: {
      ...seen,
      at: sample.at,
      [rule.direction]: rule.limit,
      forMs: rule.forMs,
      clearsAt: rule.clearsAt,
      ...(state.streak === null ? {} : { since: state.streak.from }),
    },
  };
}
