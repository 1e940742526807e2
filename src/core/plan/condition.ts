// Conditions as the Plan holds them: what a trigger waits for and what a check holds.
import type { Rate } from './scalars.ts';

/** True while a signal lies beyond a limit for long enough, and until it has come back behind `clears`. */
export interface ThresholdCondition {
  readonly type: 'threshold';
  readonly signal: string;
  readonly comparison: 'above' | 'below';
  readonly limit: number;
  /** How long it must lie beyond: milliseconds, 0 for the first sample. */
  readonly for: number;
  /** What it must come back to before the condition is over; the limit itself where the plan says nothing. */
  readonly clears: number;
  /** How many samples beyond the limit are needed at the least. */
  readonly 'at-least': number;
}

/** True while a signal is worse than the legacy side or than the baseline. Accepted by the language, not judged yet. */
export interface RelativeCondition {
  readonly type: 'relative';
  readonly signal: string;
  readonly 'worse-than': 'legacy' | 'baseline';
  readonly 'worse-by': 'auto' | number;
  readonly floor?: number;
  readonly 'false-alarm': Rate;
}

/** True while a reconciliation counts more differences. Accepted by the language, not judged yet. */
export interface ReconciliationCondition {
  readonly type: 'reconciliation';
  readonly reconciliation: string;
  readonly 'differences-above': number;
}

/** A condition as the Plan holds it. `all` of n is at least n of n, `any` is at least 1. */
export type Condition =
  | ThresholdCondition
  | RelativeCondition
  | ReconciliationCondition
  | { readonly type: 'all'; readonly of: readonly Condition[] }
  | { readonly type: 'any'; readonly of: readonly Condition[] }
  | { readonly type: 'at-least'; readonly count: number; readonly of: readonly Condition[] };
