// What follows by itself: steps whose needs are met begin, and a run whose last step is over ends.
import type { RunEvent } from './events.ts';
import { type GraphNode, changesSystem, verificationOf } from './graph.ts';
import { failedRings } from './rings.ts';
import { callsAtOnce } from './ladder.ts';
import type { BegunRun, StepState } from './state.ts';
import { stepOf } from './state.ts';

/** The next events that follow from this state without any command; empty when the run waits for something. */
export function advance(run: BegunRun): readonly RunEvent[] {
  switch (run.status) {
    case 'ended':
      return [];
    case 'paused':
      return callsAtOnce(run);
    case 'aborting':
      return isSafePoint(run)
        ? [{ type: 'RunEnded', outcome: 'aborted', because: run.abortBecause ?? 'aborted' }]
        : [];
    case 'running': {
      const failed = failedRings(run);
      if (failed.length > 0) return failed;
      return finished(run) ? [ended(run)] : [...callsAtOnce(run), ...ready(run).map(begin)];
    }
  }
}

/** No system is being changed now: what only looks (checkpoints, the verification) can be left at any time. */
function isSafePoint(run: BegunRun): boolean {
  return !run.graph.nodes.some(
    (node) => changesSystem(node.work) && stepOf(run, node.id)?.status === 'running',
  );
}

function ready(run: BegunRun): readonly GraphNode[] {
  const settled = settledSteps(run);
  return run.graph.nodes.filter(
    (node) =>
      stepOf(run, node.id)?.status === 'waiting' && node.needs.every((need) => settled.has(need)),
  );
}

/**
 * Steps that are over, and so is everything before them. A step that was skipped long before its turn
 * does not let those who need it overtake the steps that it would have waited for.
 */
function settledSteps(run: BegunRun): ReadonlySet<string> {
  const settled = new Set<string>();
  let grown = true;
  while (grown) {
    const before = settled.size;
    for (const node of run.graph.nodes) {
      if (isOver(stepOf(run, node.id)) && node.needs.every((need) => settled.has(need)))
        settled.add(node.id);
    }
    grown = settled.size > before;
  }
  return settled;
}

function begin(node: GraphNode): RunEvent {
  return node.work.type === 'manual'
    ? { type: 'StepAsked', step: node.id }
    : { type: 'StepDispatched', step: node.id, attempt: 1 };
}

function finished(run: BegunRun): boolean {
  return run.graph.nodes.every((node) => isOver(stepOf(run, node.id)));
}

/** Done or skipped. */
export function isOver(step: StepState | undefined): boolean {
  return step?.status === 'done' || step?.status === 'skipped';
}

function ended(run: BegunRun): RunEvent {
  const verification = verificationOf(run.graph);
  if (verification === undefined)
    return notVerified(
      run,
      run.undoes === undefined
        ? 'the playbook declares no verification'
        : 'the playbook does not say what proves an undo (undo-verified)',
    );
  if (stepOf(run, verification.id)?.status === 'skipped')
    return notVerified(run, 'the verification was skipped');
  return {
    type: 'RunEnded',
    outcome: run.undoes === undefined ? 'rolled-back-verified' : 'undone-verified',
    because: 'every check held for the declared time',
  };
}

/** The end of a run of which nobody may say yet that it is where it should be. */
export function notVerified(run: BegunRun, because: string): RunEvent {
  const outcome = run.undoes === undefined ? 'rolled-back-not-verified' : 'undone-not-verified';
  return { type: 'RunEnded', outcome, because };
}
