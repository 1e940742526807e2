// One step of a run as people see it: a shape, words, and the times that count.
import type { JournalEvent } from '../../core/journal/event.ts';
import { answering, takenBy } from '../../core/rollback/ladder.ts';
import type { RunEvent } from '../../core/rollback/events.ts';
import { waitsForConsent } from '../../core/rollback/consent.ts';
import type { GraphNode } from '../../core/rollback/graph.ts';
import { ringWords } from '../../core/rollback/rings.ts';
import { type BegunRun, type StepState, freshStep, stepOf } from '../../core/rollback/state.ts';
import { markOfStep, saidIn } from '../../core/rollback/told.ts';
import type { Said } from '../../core/words/marks.ts';
import { because, plain } from '../../core/words/phrases.ts';
import { spanOf } from '../../core/words/times.ts';

/** A step, ready to be shown. */
export interface StepView extends Said {
  readonly id: string;
  readonly owner: string | null;
  /** What it wants: `http/holds on router`, the instruction for people, the checks. */
  readonly wants: string;
  /** What was seen, failed or written beside it; empty when there is nothing to say. */
  readonly detail: string;
  readonly clock: StepClock | null;
  readonly overdue: boolean;
}

/** The time beside a step: how long it took, or since when it is at work and how long it may. */
export type StepClock =
  | { readonly type: 'took'; readonly ms: number }
  | { readonly type: 'since'; readonly at: number; readonly ofMs: number }
  | { readonly type: 'until'; readonly at: number };

/** The step of this node as it stands. */
export function stepView(
  run: BegunRun,
  node: GraphNode,
  events: readonly JournalEvent<RunEvent>[],
): StepView {
  const step = stepOf(run, node.id) ?? freshStep(run.startedAt);
  return {
    id: node.id,
    owner: answering(node, step) ?? null,
    wants: wantsOf(node),
    mark: markOfStep(step),
    words: wordsOf(run, node, step, events),
    detail: detailOf(step),
    clock: clockOf(run, node, step),
    overdue: step.overdue && step.endedAt === null,
  };
}

function wordsOf(
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  events: readonly JournalEvent<RunEvent>[],
): string {
  switch (step.status) {
    case 'waiting':
      return 'waiting';
    case 'dispatched':
      return 'waits for a node to take it';
    case 'running':
      return atWork(run, node, step);
    case 'retrying':
      return 'failed, is tried again';
    case 'asked':
      if (waitsForConsent(step)) return 'waiting for a second person to type what is destroyed';
      return forPeople('waiting for', node, step);
    case 'blocked':
      return forPeople('blocked, waiting for', node, step);
    case 'done':
      return done(node, step, events);
    case 'skipped': {
      const passed = events.findLast(({ body }) => isPassedBy(body, node.id));
      if (passed === undefined || !isPassedBy(passed.body, node.id)) return 'skipped';
      const words = passed.body.type === 'StepOverruled' ? 'overruled' : 'skipped';
      return `${words} by ${passed.actor.name}${because(passed.body.because)}`;
    }
  }
}

function isPassedBy(
  body: RunEvent,
  step: string,
): body is RunEvent & { type: 'StepSkipped' | 'StepOverruled' } {
  return (body.type === 'StepSkipped' || body.type === 'StepOverruled') && body.step === step;
}

function forPeople(waiting: string, node: GraphNode, step: StepState): string {
  const taken = takenBy(step);
  return taken === null
    ? `${waiting} ${answering(node, step) ?? 'a person'}`
    : `${waiting.replace(/waiting for$/, '')}${taken} is at it`;
}

function atWork(run: BegunRun, node: GraphNode, step: StepState): string {
  if (node.work.type === 'verification') {
    return run.holdingSince === null ? 'verifying, does not hold yet' : 'verifying, holds';
  }
  if (node.work.type === 'checkpoint') return 'checking';
  if (node.work.type === 'measure') return 'measuring';
  if (node.work.type === 'worsening') return soaking(step);
  const words = { begun: 'observing', observed: 'applying', applied: 'verifying' } as const;
  return words[step.progress];
}

/** What the looks after a ring say so far. */
function soaking({ looked }: StepState): string {
  switch (looked?.says) {
    case undefined:
      return 'looking';
    case 'good':
      return 'looking, not worse';
    case 'worse':
      return 'looking, worse';
    case 'unknown':
      return 'looking, nobody can say';
  }
}

function done(node: GraphNode, step: StepState, events: readonly JournalEvent<RunEvent>[]): string {
  if (step.done === 'already-so') return 'already so';
  if (step.done === 'by-hand') {
    const confirmed = events.findLast(
      ({ body }) => body.type === 'StepConfirmed' && body.step === node.id,
    );
    return `confirmed by ${confirmed?.actor.name ?? 'somebody'}`;
  }
  const words = {
    state: 'holds',
    undo: 'undone',
    manual: 'done',
    checkpoint: 'holds',
    measure: 'measured',
    worsening: 'not worse',
    verification: 'verified',
  } as const;
  return words[node.work.type];
}

function wantsOf(node: GraphNode): string {
  const { work } = node;
  switch (work.type) {
    case 'state':
      return work.system === '' ? work.uses : `${work.uses} on ${work.system}`;
    case 'undo':
      return `undo of ${work.system === '' ? work.uses : `${work.uses} on ${work.system}`}`;
    case 'manual':
      return work.instruction;
    case 'checkpoint':
      return `checks ${work.checks.join(', ')}`;
    case 'measure':
      return `measures ${work.signals.join(', ')} before the ring`;
    case 'worsening':
      return `not worse after ${ringWords(work.ring)} for ${spanOf(work.soakMs)}: ${[...work.checks, ...work.signals.map(({ signal }) => signal)].join(', ')}`;
    case 'verification':
      return `checks ${work.checks.join(', ')} hold for ${spanOf(work.holdMs)}`;
  }
}

function detailOf(step: StepState): string {
  if (step.problem !== null && step.status !== 'done')
    return `${plain(step.problem.class)}: ${step.problem.because}`;
  return saidIn(step.evidence) || (step.before?.change ?? '');
}

function clockOf(run: BegunRun, node: GraphNode, step: StepState): StepClock | null {
  if (step.endedAt !== null)
    return step.startedAt === null ? null : { type: 'took', ms: step.endedAt - step.startedAt };
  if (run.status === 'ended') return null;
  if (step.status === 'retrying' && step.dueAt !== null) return { type: 'until', at: step.dueAt };
  if (node.work.type === 'verification' && run.holdingSince !== null && step.status === 'running') {
    return { type: 'since', at: run.holdingSince, ofMs: node.work.holdMs };
  }
  if (node.work.type === 'worsening' && step.looked?.says === 'good' && step.status === 'running')
    return { type: 'since', at: step.looked.since, ofMs: node.work.soakMs };
  if (step.startedAt === null || step.status === 'dispatched' || step.status === 'waiting')
    return null;
  return { type: 'since', at: step.startedAt, ofMs: node.timeboxMs };
}
