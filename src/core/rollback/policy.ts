// The policy of a step: what a failed attempt leads to, by the class of its error.
import type { PlanOnFailure, Reaction } from '../plan/plan.ts';
import type { ErrorClass, RunEvent } from './events.ts';
import { spanOf } from '../words/times.ts';
import type { GraphNode, Retry } from './graph.ts';
import type { BegunRun } from './state.ts';

/** What each class of error leads to. */
export type Policy = { readonly [Class in ErrorClass]: Reaction };

/** How a step blocks: what people hear of it, and whether the run goes on beside it. */
export type Blocking = Exclude<Reaction, 'retry'>;

/**
 * What holds where a plan says nothing. Asking again can help when the system could not be reached, when it timed out
 * (the step observes first, so an apply that did happen is seen) and when the state did not hold yet. It can't help when
 * the system said no or when we may not: then people are called. Another system than the declared one means that the
 * plan is wrong about the world, so nothing further begins.
 */
export const SAFE_POLICY: Policy = {
  'cannot-reach': 'retry',
  'not-allowed': 'climb',
  'target-mismatch': 'stop',
  'timed-out': 'retry',
  refused: 'climb',
  'verification-failed': 'retry',
  cancelled: 'climb',
};

/** The policy that these statements make together; what is said later counts. */
export function policyOf(...said: readonly (PlanOnFailure | undefined)[]): Policy {
  return Object.assign({}, SAFE_POLICY, ...said);
}

/** The classes for which a policy is not the default, in the order of the contract. */
export function unlikeDefault(policy: Policy): readonly ErrorClass[] {
  return errorClasses.filter((each) => policy[each] !== SAFE_POLICY[each]);
}

/** How often a step is tried again where a plan says nothing, and the wait before the first time. */
const RETRY: Retry = { times: 3, backoffMs: 2_000 };

/** How failures of this node are answered, in words: what is not the default, or with `all` everything. Empty: nothing to say. */
export function policyWords({ onFailure, work }: GraphNode, all = false): string {
  if (onFailure === undefined) return '';
  const classes = all ? errorClasses : unlikeDefault(onFailure);
  const words = classes.map((each) => `${each} ${onFailure[each]}`);
  return [...words, ...(work.type === 'state' ? retryWords(work.retry, all) : [])].join(', ');
}

function retryWords({ times, backoffMs }: Retry, all: boolean): readonly string[] {
  if (!all && times === RETRY.times && backoffMs === RETRY.backoffMs) return [];
  return [
    times === 0
      ? 'never tried again'
      : `tried again ${times === 1 ? 'once' : `${times} times`}, first after ${spanOf(backoffMs)}`,
  ];
}

/** Every class of error. The cast holds because the policy has exactly these keys. */
export const errorClasses = Object.keys(SAFE_POLICY) as readonly ErrorClass[];

/** The step waits for people; by the reaction `stop` the whole run waits with it. */
export function block(
  run: BegunRun,
  step: string,
  problem: { readonly class: ErrorClass; readonly because: string },
  reaction: Blocking,
): readonly RunEvent[] {
  const blocked: RunEvent = { type: 'StepBlocked', step, ...problem, reaction };
  if (reaction !== 'stop' || run.status !== 'running') return [blocked];
  const because = `step ${step} stops the run (on-failure: { ${problem.class}: stop }): ${problem.because}`;
  return [blocked, { type: 'RunPaused', because }];
}

/** The reaction to a failure that is not tried again (any more): a spent retry calls people. */
export function blockingOf(reaction: Reaction): Blocking {
  return reaction === 'retry' ? 'climb' : reaction;
}
