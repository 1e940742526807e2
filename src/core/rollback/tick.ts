// What is due in a run because time has passed. The deadlines are the store's; nobody's memory keeps them.
import { policyOfNode, verificationSpent } from './attempt.ts';
import { nextSkipDeadline, overdueSkips } from './deviation.ts';
import type { RunEvent } from './events.ts';
import type { GraphNode } from './graph.ts';
import { callDueAt, dueCalls } from './ladder.ts';
import { block, blockingOf } from './policy.ts';
import type { BegunRun, Run, StepState } from './state.ts';
import { stepOf } from './state.ts';

/** A job that no node took in this time is laid out again, in milliseconds; doubled each time up to the bound. */
const REDISPATCH_AFTER_MS = 10_000;

/** The longest wait for a node before a job is laid out again, in milliseconds. */
export const REDISPATCH_AFTER_MAX_MS = 60_000;

/** The events that are due at `now`. */
export function tick(run: BegunRun, now: number): readonly RunEvent[] {
  if (run.status === 'ended') return [];
  const all = run.graph.nodes.flatMap((node) => {
    const step = stepOf(run, node.id);
    if (step === undefined) return [];
    const at = stepDueAt(run, node, step);
    return at !== null && at <= now ? due(run, node, step, now) : [];
  });
  // Two steps may stop the run at once; it is paused once.
  const pause = all.find((event) => event.type === 'RunPaused');
  return [
    ...overdueSkips(run, now),
    ...all.filter((event) => event.type !== 'RunPaused' || event === pause),
  ];
}

/** When the next thing is due: epoch milliseconds, null when only people or nodes can move the run. */
export function nextDeadline(run: Run): number | null {
  if (run.type === 'none' || run.status === 'ended') return null;
  let earliest = nextSkipDeadline(run);
  for (const node of run.graph.nodes) {
    const step = stepOf(run, node.id);
    const at = step === undefined ? null : stepDueAt(run, node, step);
    if (at !== null && (earliest === null || at < earliest)) earliest = at;
  }
  return earliest;
}

/** When this step is looked at again by itself; null when only people or nodes can move it. */
export function stepDueAt(run: BegunRun, node: GraphNode, step: StepState): number | null {
  switch (step.status) {
    case 'dispatched':
      return run.status === 'running' ? Math.min(redispatchAt(step), spentAt(node, step)) : null;
    case 'retrying':
      return run.status === 'running'
        ? Math.min(step.dueAt ?? step.since, spentAt(node, step))
        : null;
    case 'running':
      return spentAt(node, step);
    case 'asked':
      // A run that is being aborted waits for nobody's hands any more, so nobody is late.
      if (run.status === 'aborting') return null;
      return finite(
        Math.min(step.overdue ? Infinity : spentAt(node, step), callDueAt(run, node, step)),
      );
    case 'blocked':
      return finite(callDueAt(run, node, step));
    case 'waiting':
    case 'done':
    case 'skipped':
      return null;
  }
}

/** Infinity is never. */
function finite(at: number): number | null {
  return at === Number.POSITIVE_INFINITY ? null : at;
}

/** The timebox runs from the first attempt on (or from asking a person), through every retry. */
function spentAt(node: GraphNode, step: StepState): number {
  return step.startedAt === null ? Number.POSITIVE_INFINITY : step.startedAt + node.timeboxMs;
}

function redispatchAt(step: StepState): number {
  // Past ten doublings any wait is at its bound.
  const wait = REDISPATCH_AFTER_MS * 2 ** Math.min(step.again, 10);
  return step.since + Math.min(REDISPATCH_AFTER_MAX_MS, wait);
}

function due(run: BegunRun, node: GraphNode, step: StepState, now: number): readonly RunEvent[] {
  switch (step.status) {
    case 'dispatched':
      if (now >= spentAt(node, step)) return spent(run, node, step);
      return [
        { type: 'StepDispatched', step: node.id, attempt: step.attempt, again: step.again + 1 },
      ];
    case 'retrying':
      if (now >= spentAt(node, step)) return spent(run, node, step);
      return [{ type: 'StepDispatched', step: node.id, attempt: step.attempt }];
    case 'asked':
      return [
        ...dueCalls(run, node, step, now),
        ...(step.overdue || now < spentAt(node, step)
          ? []
          : [{ type: 'StepOverdue', step: node.id } as const]),
      ];
    case 'blocked':
      return dueCalls(run, node, step, now);
    case 'running':
      return spent(run, node, step);
    case 'waiting':
    case 'done':
    case 'skipped':
      return [];
  }
}

/** The timebox is spent: an attempt that is under way is fenced off, whatever it still says is only recorded. */
function spent(run: BegunRun, node: GraphNode, step: StepState): readonly RunEvent[] {
  if (node.work.type === 'verification') return [verificationSpent(run)];
  const because = `The timebox of ${Math.round(node.timeboxMs / 1000)} s is spent.`;
  const last = step.problem === null ? because : `${because} Last: ${step.problem.because}`;
  const reaction = blockingOf(policyOfNode(node)['timed-out']);
  return [
    { type: 'StepOverdue', step: node.id },
    ...block(run, node.id, { class: 'timed-out', because: last }, reaction),
  ];
}
