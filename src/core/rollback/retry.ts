// When a failed step is tried again: the policy per class of error. What is not tried again asks people.
import type { ErrorClass } from './events.ts';
import type { Retry } from './graph.ts';

/** Lost attempts (their node died) are tried again at once, but not for ever: something may be killing the nodes. */
export const LOST_ATTEMPTS_MAX = 10;

/** The longest wait between two attempts, in milliseconds. */
export const BACKOFF_MAX_MS = 60_000;

/** After so many doublings every wait is at its bound. */
const DOUBLINGS_MAX = 30;

/** A retry policy whose waits have a bound of their own. */
export interface Patience extends Retry {
  /** The longest wait between two attempts, in milliseconds; default {@link BACKOFF_MAX_MS}. */
  readonly backoffMaxMs?: number;
}

/** Checkpoints and verifications only look, and look again until their timebox is spent: the timebox bounds them. */
export const LOOKING: Patience = {
  times: Number.MAX_SAFE_INTEGER,
  backoffMs: 500,
  backoffMaxMs: 5_000,
};

/** What to do after a failed attempt. */
export type AfterFailure =
  | { readonly type: 'retry'; readonly dueAt: number }
  | { readonly type: 'ask' };

/**
 * The policy. Asking again can help when the system could not be reached, when it timed out (the step observes
 * first, so an apply that did happen is seen) and when the state did not hold yet; it can't help when the system
 * said no, when we may not, or when it is another system than declared: then people are asked at once.
 *
 * `failures` counts this one. The wait is `backoffMs` doubled with each failure, at most {@link Patience.backoffMaxMs}.
 */
export function afterFailure(
  errorClass: ErrorClass,
  failures: number,
  patience: Patience,
  now: number,
): AfterFailure {
  if (!helpsToAskAgain(errorClass) || failures > patience.times) return { type: 'ask' };
  const { backoffMs, backoffMaxMs = BACKOFF_MAX_MS } = patience;
  const wait = Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));
  return { type: 'retry', dueAt: now + wait };
}

function helpsToAskAgain(errorClass: ErrorClass): boolean {
  switch (errorClass) {
    case 'cannot-reach':
    case 'timed-out':
    case 'verification-failed':
      return true;
    case 'not-allowed':
    case 'target-mismatch':
    case 'refused':
    case 'cancelled':
      return false;
  }
}
