// When a failed step is tried again: how often, and after how long a wait. What is not tried again blocks the step.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { ErrorClass } from './events.ts';
import type { Retry } from './graph.ts';
import { type Blocking, type Policy, blockingOf } from './policy.ts';

/** Lost attempts (their node died) are tried again at once, but not for ever: something may be killing the nodes. */
export const LOST_ATTEMPTS_MAX = 10;

/** The longest wait between two attempts before it is spread, in milliseconds. */
export const BACKOFF_MAX_MS = 60_000;

/** Each wait is spread by so much of itself to both sides. */
export const JITTER = 0.25;

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

/** An attempt that failed: the how manieth failure it is (this one counted), and of what. */
export interface Failure {
  readonly run: number;
  readonly step: string;
  readonly attempt: number;
  readonly class: ErrorClass;
  readonly failures: number;
}

/** What to do after a failed attempt. */
export type AfterFailure =
  | { readonly type: 'retry'; readonly dueAt: number }
  | { readonly type: 'block'; readonly reaction: Blocking };

/** The answer of a policy to a failure. A retry that is spent calls people. */
export function afterFailure(
  failure: Failure,
  policy: Policy,
  patience: Patience,
  now: number,
): AfterFailure {
  const reaction = policy[failure.class];
  if (reaction === 'retry' && failure.failures <= patience.times)
    return { type: 'retry', dueAt: now + waitAfter(failure, patience) };
  return { type: 'block', reaction: blockingOf(reaction) };
}

/**
 * `backoffMs` doubled with each failure, at most {@link Patience.backoffMaxMs}, then spread by {@link JITTER}: steps that
 * failed together (their system was away) do not come back together (Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog 2015). It is spread around the wait, as in gRPC's connection backoff, and not over all of it ("full
 * jitter"), so that people can reckon with what the plan says.
 */
function waitAfter(failure: Failure, patience: Patience): number {
  const { backoffMs, backoffMaxMs = BACKOFF_MAX_MS } = patience;
  const wait = Math.min(
    backoffMaxMs,
    backoffMs * 2 ** Math.min(failure.failures - 1, DOUBLINGS_MAX),
  );
  return Math.round(wait * (1 - JITTER + 2 * JITTER * chanceOf(failure)));
}

/** From 0 to 1, the same whenever this attempt is thought of again: a replay repeats what was decided. */
function chanceOf({ run, step, attempt }: Failure): number {
  const [a = 0, b = 0, c = 0] = sha256(utf8ToBytes(`run-${run}/${step}/${attempt}`));
  return ((a << 16) | (b << 8) | c) / 2 ** 24;
}
