// What people may tell a run: pause, resume, abort, take, confirm, skip, retry.
import { type Context, type Decided, accept, reject } from '../journal/aggregate.ts';
import { isOver } from './advance.ts';
import type { RunCommand } from './commands.ts';
import { decideConsent } from './consent.ts';
import type { RunEvent } from './events.ts';
import type { GraphNode } from './graph.ts';
import { takenBy } from './ladder.ts';
import type { BegunRun, StepState } from './state.ts';
import { stepOf } from './state.ts';

type PeopleCommand = RunCommand & {
  type:
    | 'PauseRun'
    | 'ResumeRun'
    | 'AbortRun'
    | 'ConfirmStep'
    | 'SkipStep'
    | 'RetryStep'
    | 'ConsentStep'
    | 'OverruleStep'
    | 'TakeStep';
};

/** A living run's answer to a person. */
export function decidePeople(
  command: PeopleCommand,
  run: BegunRun,
  context: Context,
): Decided<RunEvent> {
  const yes = (...events: readonly RunEvent[]): Decided<RunEvent> => accept(context.actor, events);
  switch (command.type) {
    case 'PauseRun':
      if (run.status === 'paused') return yes();
      if (run.status === 'aborting')
        return reject('run-aborting', `Run ${run.run} is being aborted; it can't be paused.`);
      return yes({ type: 'RunPaused', because: command.because });
    case 'ResumeRun':
      if (run.status === 'running') return yes();
      if (run.status === 'aborting')
        return reject(
          'run-aborting',
          `Run ${run.run} is being aborted; start another run instead.`,
        );
      return yes({ type: 'RunResumed' }, ...laidOutAgain(run));
    case 'AbortRun':
      return run.status === 'aborting'
        ? yes()
        : yes({ type: 'RunAbortRequested', because: command.because });
    case 'ConfirmStep':
      return ofStep(run, command.step, (node, step) => confirm(command, run, node, step, yes));
    case 'SkipStep':
      return ofStep(run, command.step, (node, step) => skip(command, run, node, step, yes));
    case 'ConsentStep':
      return ofStep(run, command.step, (node, step) =>
        decideConsent(command, run, node, step, context.actor, yes),
      );
    case 'OverruleStep':
      return ofStep(run, command.step, (node, step) => overrule(command, run, node, step, yes));
    case 'RetryStep':
      if (run.status === 'aborting')
        return reject('run-aborting', `Run ${run.run} is being aborted; nothing more begins.`);
      return ofStep(run, command.step, (node, step) => retry(run, node, step, yes));
    case 'TakeStep':
      if (run.status === 'aborting')
        return reject('run-aborting', `Run ${run.run} is being aborted; nobody is waited for.`);
      return ofStep(run, command.step, (node, step) => take(node, step, context.actor.name, yes));
  }
}

/** While the run was paused, nodes threw the jobs of its steps away. */
function laidOutAgain(run: BegunRun): readonly RunEvent[] {
  return run.graph.nodes.flatMap(({ id }): readonly RunEvent[] => {
    const step = stepOf(run, id);
    if (step?.status !== 'dispatched') return [];
    return [{ type: 'StepDispatched', step: id, attempt: step.attempt, again: step.again + 1 }];
  });
}

type Yes = (...events: readonly RunEvent[]) => Decided<RunEvent>;

function ofStep(
  run: BegunRun,
  id: string,
  answer: (node: GraphNode, step: StepState) => Decided<RunEvent>,
): Decided<RunEvent> {
  const node = run.graph.nodes.find((each) => each.id === id);
  const step = stepOf(run, id);
  if (node !== undefined && step !== undefined) return answer(node, step);
  const names = run.graph.nodes.map((each) => each.id).join(', ');
  return reject('no-such-step', `Run ${run.run} has no step ${id}. Its steps: ${names}.`);
}

/** What the plan holds back is measured, and passed by only on the owner's word. */
function ownersAlone(run: BegunRun, { id }: GraphNode): Decided<RunEvent> {
  return reject(
    'overrule-only',
    `Step ${id} is measured; only the owner may let the run go on without it: backout run step overrule ${run.run} ${id} --because "…".`,
  );
}

function confirm(
  command: RunCommand & { type: 'ConfirmStep' },
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  yes: Yes,
): Decided<RunEvent> {
  if (step.status === 'done') return yes();
  if (step.status !== 'asked' && step.status !== 'blocked') {
    return reject(
      'step-not-waiting',
      `Step ${node.id} is ${step.status}; only a step that asks for people or is blocked can be confirmed by hand.`,
    );
  }
  if (node.ownerOnly === true) return ownersAlone(run, node);
  if (node.work.type === 'verification') {
    return reject(
      'verification-by-hand',
      'A verification is measured; it can be skipped with a reason, never confirmed by hand.',
    );
  }
  const required = node.work.type !== 'manual' || node.work.evidence === 'required';
  const evidence = command.evidence?.trim() ?? '';
  if (required && evidence === '') {
    return reject(
      'evidence-missing',
      `Step ${node.id} needs evidence: say what you saw (--evidence "…").`,
    );
  }
  return yes({
    type: 'StepConfirmed',
    step: node.id,
    attempt: step.attempt,
    done: 'by-hand',
    evidence: evidence === '' ? null : { said: evidence },
  });
}

/** The owner's word over what the plan says must hold; a run that waits for it goes on. */
function overrule(
  command: RunCommand & { type: 'OverruleStep' },
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  yes: Yes,
): Decided<RunEvent> {
  if (node.ownerOnly !== true) {
    return reject(
      'nothing-to-overrule',
      `Step ${node.id} holds nothing back by the word of the plan; retry it, confirm it, or skip it.`,
    );
  }
  if (step.status === 'skipped') return yes();
  if (step.status === 'done')
    return reject('step-done', `Step ${node.id} has passed; there is nothing to overrule.`);
  if (step.status !== 'blocked') {
    return reject(
      'step-not-blocked',
      `Step ${node.id} is ${step.status}; wait for what it says before you overrule it.`,
    );
  }
  if (command.because.trim() === '')
    return reject('reason-missing', 'Overruling needs a reason (--because "…").');
  const overruled: RunEvent = {
    type: 'StepOverruled',
    step: node.id,
    because: command.because,
  };
  // A ring that was worse has paused the run: this word is what it was waiting for.
  const paused = run.status === 'paused' && node.work.type === 'worsening';
  return paused ? yes(overruled, { type: 'RunResumed' }, ...laidOutAgain(run)) : yes(overruled);
}

function skip(
  command: RunCommand & { type: 'SkipStep' },
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  yes: Yes,
): Decided<RunEvent> {
  if (node.ownerOnly === true && step.status !== 'done' && step.status !== 'skipped')
    return ownersAlone(run, node);
  switch (step.status) {
    case 'skipped':
      return yes();
    case 'done':
      return reject('step-done', `Step ${command.step} is done; there is nothing to skip.`);
    case 'running':
      return reject(
        'step-running',
        `Step ${command.step} is being carried out now; wait until it ends, or abort the run.`,
      );
    case 'waiting':
    case 'dispatched':
    case 'retrying':
    case 'asked':
    case 'blocked':
      if (command.because.trim() === '') {
        return reject(
          'reason-missing',
          `Skipping is a deviation from the plan and needs a reason (--because "…").`,
        );
      }
      return yes({ type: 'StepSkipped', step: command.step, because: command.because });
  }
}

function retry(run: BegunRun, node: GraphNode, step: StepState, yes: Yes): Decided<RunEvent> {
  if (step.status === 'retrying')
    return yes({ type: 'StepDispatched', step: node.id, attempt: step.attempt });
  if (step.status !== 'blocked') {
    return reject(
      'step-not-blocked',
      `Step ${node.id} is ${step.status}; only a blocked step can be tried again.`,
    );
  }
  // The look after a ring is blocked in the middle of the ring when too much failed in it.
  const open = node.needs.filter((need) => !isOver(stepOf(run, need)));
  if (open.length > 0) {
    return reject(
      'needs-open',
      `Step ${node.id} can't be tried before ${open.join(', ')} ${open.length === 1 ? 'is' : 'are'} over.`,
    );
  }
  return yes(
    { type: 'StepRetried', step: node.id },
    { type: 'StepDispatched', step: node.id, attempt: step.attempt + 1 },
  );
}

/** Said twice it is said once: the time that it gives is counted from the first. */
function take(node: GraphNode, step: StepState, by: string, yes: Yes): Decided<RunEvent> {
  if (step.status !== 'asked' && step.status !== 'blocked') {
    return reject(
      'step-not-waiting',
      `Step ${node.id} is ${step.status}; only a step that waits for people can be taken.`,
    );
  }
  return takenBy(step) === by ? yes() : yes({ type: 'StepAcknowledged', step: node.id });
}
