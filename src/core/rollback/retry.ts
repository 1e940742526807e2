// When a failed step is tried again: the policy per class of error. What is not tried again asks people.
import type { ErrorClass } from './events.ts';
import type { Retry } from './graph.ts';

/** Lost attempts (their node died) are tried again at once, but not for ever: something may be killing the nodes. */
export const LOST_ATTEMPTS_MAX = 10;

/** The longest wait between two attempts, in milliseconds. */
export const BACKOFF_MAX_MS = 60_000;

/** What to do after a failed attempt. */
export type AfterFailure = { readonly type: 'retry'; readonly dueAt: number } | { readonly type: 'ask' };

/**
 * The policy. Asking again can help when the system could not be reached, when it timed out (the step observes
 * first, so an apply that did happen is seen) and when the state did not hold yet; it can't help when the system
 * said no, when we may not, or when it is another system than declared: then people are asked at once.
 *
 * `failures` counts this one. The wait is `backoffMs` doubled with each failure, at most {@link BACKOFF_MAX_MS}.
 */
export function afterFailure(
  errorClass: ErrorClass,
  failures: number,
  retry: Retry,
  now: number,
): AfterFailure {
  if (!helpsToAskAgain(errorClass) || failures > retry.times) return { type: 'ask' };
  const wait = Math.min(BACKOFF_MAX_MS, retry.backoffMs * 2 ** (failures - 1));
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
