// What a run makes of the news from the nodes that carry its steps out. Attempts are fenced: only the current one counts.
import { type Context, type Decided, accept, reject } from '../journal/aggregate.ts';
import { notVerified } from './advance.ts';
import type { RunCommand } from './commands.ts';
import { consentWanted } from './consent.ts';
import type { AttemptResult, RunEvent } from './events.ts';
import { type GraphNode, changesSystem, verificationOf } from './graph.ts';
import { type Policy, SAFE_POLICY, block, blockingOf } from './policy.ts';
import { LOOKING, LOST_ATTEMPTS_MAX, type Patience, afterFailure } from './retry.ts';
import type { BegunRun, StepState } from './state.ts';
import { stepOf } from './state.ts';

type AttemptCommand = RunCommand & {
  type:
    | 'BeginAttempt'
    | 'ReportObserved'
    | 'ReportConsentWanted'
    | 'ReportResult'
    | 'ReportLost'
    | 'ReportVerification';
};

/** The run's answer to a node. */
export function decideAttempt(
  command: AttemptCommand,
  run: BegunRun,
  context: Context,
): Decided<RunEvent> {
  const yes = (...events: readonly RunEvent[]): Decided<RunEvent> => accept(context.actor, events);
  if (command.type === 'ReportVerification') return verify(command, run, context.now, yes);
  const step = stepOf(run, command.step);
  const node = run.graph.nodes.find((each) => each.id === command.step);
  if (step === undefined || node === undefined) {
    return reject('no-such-step', `Run ${run.run} has no step ${command.step}.`);
  }
  switch (command.type) {
    case 'BeginAttempt':
      return begin(command, run, node, step, context.now, yes);
    case 'ReportObserved':
      if (!counts(run, step, command.attempt))
        return reject('attempt-stale', staleMessage(command));
      if (step.progress !== 'begun') return yes();
      return yes({
        type: 'StepObserved',
        step: command.step,
        attempt: command.attempt,
        evidence: command.evidence,
        ...(command.change === undefined ? {} : { change: command.change }),
      });
    case 'ReportConsentWanted':
      if (!counts(run, step, command.attempt))
        return reject('attempt-stale', staleMessage(command));
      return yes(consentWanted(command, node));
    case 'ReportResult':
      if (isByLooks(node) && command.result.type !== 'failed') {
        return reject(
          'verification-by-looks',
          'A verification, and the look after a ring, are decided by looks over time, never by one result.',
        );
      }
      if (counts(run, step, command.attempt))
        return yes(...result(command, node, step, run, context.now));
      return yes({
        type: 'StepLateResultRecorded',
        step: command.step,
        attempt: command.attempt,
        result: command.result,
      });
    case 'ReportLost':
      if (!counts(run, step, command.attempt) || step.node !== command.node) return yes();
      return yes(...lost(command, run, node, step));
  }
}

function isByLooks({ work }: GraphNode): boolean {
  return work.type === 'verification' || work.type === 'worsening';
}

/** Only the newest attempt of a step that is being carried out counts. */
function counts(run: BegunRun, step: StepState, attempt: number): boolean {
  return run.status !== 'ended' && step.status === 'running' && step.attempt === attempt;
}

function staleMessage(command: { readonly step: string; readonly attempt: number }): string {
  return `Attempt ${command.attempt} of step ${command.step} no longer counts.`;
}

function begin(
  command: RunCommand & { type: 'BeginAttempt' },
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  now: number,
  yes: (...events: readonly RunEvent[]) => Decided<RunEvent>,
): Decided<RunEvent> {
  if (run.status === 'paused') return reject('run-paused', `Run ${run.run} is paused.`);
  if (
    run.status !== 'running' ||
    step.status !== 'dispatched' ||
    step.attempt !== command.attempt
  ) {
    return reject('attempt-stale', staleMessage(command));
  }
  if (step.startedAt !== null && now >= step.startedAt + node.timeboxMs) {
    return reject(
      'timebox-spent',
      `The timebox of step ${command.step} is spent; no attempt may begin any more.`,
    );
  }
  return yes({
    type: 'StepAttemptBegan',
    step: command.step,
    attempt: command.attempt,
    node: command.node,
  });
}

function result(
  command: { readonly step: string; readonly attempt: number; readonly result: AttemptResult },
  node: GraphNode,
  step: StepState,
  run: BegunRun,
  now: number,
): readonly RunEvent[] {
  const { step: id, attempt, result: outcome } = command;
  switch (outcome.type) {
    case 'holds': {
      const untouched = step.before === null && step.progress !== 'applied';
      const done = !changesSystem(node.work) ? 'passed' : untouched ? 'already-so' : 'applied';
      return [{ type: 'StepConfirmed', step: id, attempt, done, evidence: outcome.evidence }];
    }
    case 'applied':
      // The same news twice: an attempt applies once.
      if (step.progress === 'applied') return [];
      return [{ type: 'StepApplied', step: id, attempt, receipt: outcome.receipt }];
    case 'failed': {
      const { class: errorClass, because } = outcome;
      const failed: RunEvent = {
        type: 'StepAttemptFailed',
        step: id,
        attempt,
        class: errorClass,
        because,
      };
      return [failed, ...afterwards(node, step, run, failed, now)];
    }
  }
}

/** A failed attempt is followed by another one, or by people. */
function afterwards(
  node: GraphNode,
  step: StepState,
  run: BegunRun,
  failed: RunEvent & { type: 'StepAttemptFailed' },
  now: number,
): readonly RunEvent[] {
  const { attempt, class: errorClass, because } = failed;
  const failure = {
    run: run.run,
    step: node.id,
    attempt,
    class: errorClass,
    failures: step.failures + 1,
  };
  const next = afterFailure(failure, policyOfNode(node), patienceOf(node), now);
  const until = (step.startedAt ?? now) + node.timeboxMs;
  // An aborting run begins nothing more, and a spent timebox leaves no time for another try. A verification goes on
  // until its time is spent, which then decides the outcome: nobody needs to be asked.
  if (
    next.type === 'retry' &&
    run.status !== 'aborting' &&
    (next.dueAt < until || node.work.type === 'verification')
  )
    return [{ type: 'StepRetryPlanned', step: node.id, attempt: attempt + 1, dueAt: next.dueAt }];
  const reaction = next.type === 'block' ? next.reaction : 'climb';
  return block(run, node.id, { class: errorClass, because }, reaction);
}

/** What a failure of this node leads to. Runs that an older Backout began carry no policy: the default is theirs. */
export function policyOfNode(node: GraphNode): Policy {
  return node.onFailure ?? SAFE_POLICY;
}

function patienceOf(node: GraphNode): Patience {
  return changesSystem(node.work) ? node.work.retry : LOOKING;
}

function lost(
  command: RunCommand & { type: 'ReportLost' },
  run: BegunRun,
  node: GraphNode,
  step: StepState,
): readonly RunEvent[] {
  const gone: RunEvent = {
    type: 'StepAttemptLost',
    step: command.step,
    attempt: command.attempt,
    node: command.node,
  };
  if (run.status === 'aborting' || step.lost + 1 >= LOST_ATTEMPTS_MAX) {
    const because = `Node ${command.node} was lost while it carried out attempt ${command.attempt}; nobody knows how far it came.`;
    const reaction = blockingOf(policyOfNode(node)['cannot-reach']);
    return [gone, ...block(run, node.id, { class: 'cannot-reach', because }, reaction)];
  }
  return [gone, { type: 'StepDispatched', step: command.step, attempt: command.attempt + 1 }];
}

function verify(
  command: RunCommand & { type: 'ReportVerification' },
  run: BegunRun,
  now: number,
  yes: (...events: readonly RunEvent[]) => Decided<RunEvent>,
): Decided<RunEvent> {
  const node = verificationOf(run.graph);
  const step = node === undefined ? undefined : stepOf(run, node.id);
  if (
    node === undefined ||
    node.work.type !== 'verification' ||
    step === undefined ||
    !counts(run, step, command.attempt)
  ) {
    return reject(
      'attempt-stale',
      `Attempt ${command.attempt} of the verification no longer counts.`,
    );
  }
  if (!command.holds) {
    return run.holdingSince === null
      ? yes()
      : yes({ type: 'VerificationBroken', evidence: command.evidence });
  }
  const held: readonly RunEvent[] =
    run.holdingSince === null ? [{ type: 'VerificationHeld', evidence: command.evidence }] : [];
  // A gap in looking is not holding, nor is the time that news of a look took to come here: what counts is looks.
  const seen = Math.min(now, command.lookedAt ?? now);
  const since = Math.max(run.holdingSince ?? now, command.gaplessSince);
  if (seen - since < node.work.holdMs) return yes(...held);
  return yes(...held, {
    type: 'StepConfirmed',
    step: node.id,
    attempt: step.attempt,
    done: 'passed',
    evidence: command.evidence,
  });
}

/** What happens when a verification's time is spent. */
export function verificationSpent(run: BegunRun): RunEvent {
  return notVerified(
    run,
    run.holdingSince === null
      ? 'the checks did not all hold when the time for verification was spent'
      : 'the checks hold, but not yet for as long as declared, when the time for verification was spent',
  );
}
