// What follows by itself: steps whose needs are met begin, and a run whose last step is over ends.
import type { RunEvent } from './events.ts';
import { type GraphNode, VERIFIED } from './graph.ts';
import type { BegunRun, StepState } from './state.ts';
import { stepOf } from './state.ts';

/** The next events that follow from this state without any command; empty when the run waits for something. */
export function advance(run: BegunRun): readonly RunEvent[] {
  switch (run.status) {
    case 'paused':
    case 'ended':
      return [];
    case 'aborting':
      return underWay(run).length > 0
        ? []
        : [{ type: 'RunEnded', outcome: 'aborted', because: run.abortBecause ?? 'aborted' }];
    case 'running':
      return finished(run) ? [ended(run)] : ready(run).map(begin);
  }
}

/** Nodes that a worker has, or may have, in hand. */
export function underWay(run: BegunRun): readonly GraphNode[] {
  return run.graph.nodes.filter((node) => stepOf(run, node.id)?.status === 'running');
}

function ready(run: BegunRun): readonly GraphNode[] {
  return run.graph.nodes.filter(
    (node) =>
      stepOf(run, node.id)?.status === 'waiting' && node.needs.every((need) => isOver(stepOf(run, need))),
  );
}

function begin(node: GraphNode): RunEvent {
  return node.work.type === 'manual'
    ? { type: 'StepAsked', step: node.id }
    : { type: 'StepDispatched', step: node.id, attempt: 1 };
}

function finished(run: BegunRun): boolean {
  return run.graph.nodes.every((node) => isOver(stepOf(run, node.id)));
}

/** Done or skipped: those who need it may go on. */
export function isOver(step: StepState | undefined): boolean {
  return step?.status === 'done' || step?.status === 'skipped';
}

function ended(run: BegunRun): RunEvent {
  const verified = stepOf(run, VERIFIED);
  if (verified === undefined) {
    return notVerified('the playbook declares no verification');
  }
  if (verified.status === 'skipped') return notVerified('the verification was skipped');
  return { type: 'RunEnded', outcome: 'rolled-back-verified', because: 'every check held for the declared time' };
}

/** The end of a run that nobody may call home yet. */
export function notVerified(because: string): RunEvent {
  return { type: 'RunEnded', outcome: 'rolled-back-not-verified', because };
}
