// What people may tell a run: pause, resume, abort, confirm, skip, retry.
import { type Context, type Decided, accept, reject } from '../journal/aggregate.ts';
import type { RunCommand } from './commands.ts';
import type { RunEvent } from './events.ts';
import type { GraphNode } from './graph.ts';
import type { BegunRun, StepState } from './state.ts';
import { stepOf } from './state.ts';

type PeopleCommand = RunCommand & {
  type: 'PauseRun' | 'ResumeRun' | 'AbortRun' | 'ConfirmStep' | 'SkipStep' | 'RetryStep';
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
      return ofStep(run, command.step, (node, step) => confirm(command, node, step, yes));
    case 'SkipStep':
      return ofStep(run, command.step, (_, step) => skip(command, step, yes));
    case 'RetryStep':
      if (run.status === 'aborting')
        return reject('run-aborting', `Run ${run.run} is being aborted; nothing more begins.`);
      return ofStep(run, command.step, (node, step) => retry(node, step, yes));
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

function confirm(
  command: RunCommand & { type: 'ConfirmStep' },
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

function skip(
  command: RunCommand & { type: 'SkipStep' },
  step: StepState,
  yes: Yes,
): Decided<RunEvent> {
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

function retry(node: GraphNode, step: StepState, yes: Yes): Decided<RunEvent> {
  if (step.status === 'retrying')
    return yes({ type: 'StepDispatched', step: node.id, attempt: step.attempt });
  if (step.status !== 'blocked') {
    return reject(
      'step-not-blocked',
      `Step ${node.id} is ${step.status}; only a blocked step can be tried again.`,
    );
  }
  return yes(
    { type: 'StepRetried', step: node.id },
    { type: 'StepDispatched', step: node.id, attempt: step.attempt + 1 },
  );
}
