// The detectors by the type of their rule: a new detector is one file and one entry here.
import type { Json } from '../../journal/event.ts';
import type { SignalReading } from '../sample.ts';
import type { Judgement } from './detector.ts';
import { type ThresholdRule, type ThresholdState, threshold } from './threshold.ts';

/** Every rule that a leaf of a condition can hold. */
export type Rule = ThresholdRule;

/** The state of a leaf before its first reading. */
export function startRule(rule: Rule): Json {
  switch (rule.type) {
    case 'threshold':
      return toJson(threshold.start(rule));
  }
}

/** Judges one reading by the rule's own detector. */
export function judgeRule(
  rule: Rule,
  state: Json,
  reading: SignalReading,
  now: number,
): Judgement<Json> {
  switch (rule.type) {
    case 'threshold': {
      // The cast holds because `startRule` of the same rule made this state, and a rule never changes its type.
      const judged = threshold.judge(rule, state as unknown as ThresholdState, reading, now);
      return { ...judged, state: toJson(judged.state) };
    }
  }
}

/** A detector's state is plain JSON by its type's own promise; interfaces just don't say so to the compiler. */
function toJson(state: object): Json {
  return state as Json;
}
