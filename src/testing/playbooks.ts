// Playbooks for tests, in a line each: `steps('a', 'b<a', 'c<a,b')`, and runs that walk them.
import type { Authority } from '../core/governance/authority.ts';
import type { RunCommand, StartRun } from '../core/rollback/commands.ts';
import type { AttemptResult, ErrorClass, RunEvent } from '../core/rollback/events.ts';
import type { Graph, GraphNode, Work } from '../core/rollback/graph.ts';
import { runAggregate } from '../core/rollback/run.ts';
import { type BegunRun, type Run, type StepState, stepOf } from '../core/rollback/state.ts';
import { type Story, storyOf } from './given.ts';

/** A run that a test tells. */
export type RunStory = Story<Run, RunCommand, RunEvent>;

const stateWork: Work = {
  type: 'state',
  uses: 'flags/flag',
  system: 'flags',
  desired: {},
  retry: { times: 2, backoffMs: 1_000 },
};

/** A step with a minute's timebox, two retries and a second's backoff, unless said otherwise: `b<a` needs a. */
export function step(written: string, over: Partial<GraphNode> = {}): GraphNode {
  const [id = '', needs = ''] = written.split('<');
  return {
    id,
    stage: 'stage',
    needs: needs === '' ? [] : needs.split(','),
    timeboxMs: 60_000,
    work: stateWork,
    ...over,
  };
}

/** A step that people do. */
export function manual(written: string, evidence: 'required' | 'optional' = 'required'): GraphNode {
  return step(written, {
    owner: 'technical',
    work: { type: 'manual', instruction: 'Call the bank.', evidence },
  });
}

/** A checkpoint. */
export function checkpoint(written: string): GraphNode {
  return step(written, { work: { type: 'checkpoint', checkpoint: written, checks: ['login'] } });
}

/** The verification: holds for a minute, tried for ten. */
export function verification(needs: string): GraphNode {
  return step(`verified<${needs}`, {
    timeboxMs: 600_000,
    work: { type: 'verification', checks: ['login'], holdMs: 60_000 },
  });
}

/** A run over these nodes that has just been started. */
export function started(...nodes: readonly GraphNode[]): RunStory {
  const story = storyOf(runAggregate, { type: 'Tick' });
  story.when(startRun({ nodes }));
  return story;
}

/** The same, by the authority of a plan. */
export function startedBy(authority: Authority, ...nodes: readonly GraphNode[]): RunStory {
  const story = storyOf(runAggregate, { type: 'Tick' });
  story.when({ ...startRun({ nodes }), authority });
  return story;
}

/** The command that starts a live run over this graph. */
export function startRun(graph: Graph): StartRun {
  return {
    type: 'StartRun',
    run: 7,
    plan: 'ledger-cutover',
    fingerprint: 'f'.repeat(64),
    playbook: 'full',
    kind: 'live',
    because: 'errors',
    decision: 'ledger-cutover/1',
    graph,
    objectives: {},
  };
}

/** The run of a story that has begun. */
export function begun(story: RunStory): BegunRun {
  if (story.state.type === 'run') return story.state;
  throw new Error('The run has not begun.');
}

/** A step of a story's run. */
export function stepIn(story: RunStory, id: string): StepState {
  const found = stepOf(begun(story), id);
  if (found === undefined) throw new Error(`The run has no step ${id}.`);
  return found;
}

/** A node takes the attempt that lies ready. */
export function take(story: RunStory, id: string, node = 'node-1'): readonly string[] {
  return story.when({ type: 'BeginAttempt', step: id, attempt: stepIn(story, id).attempt, node });
}

/** A node tells the result of the attempt that counts. */
export function tell(story: RunStory, id: string, result: AttemptResult): readonly string[] {
  return story.when({ type: 'ReportResult', step: id, attempt: stepIn(story, id).attempt, result });
}

/** The state holds. */
export const holds: AttemptResult = { type: 'holds', evidence: { seen: true } };

/** The state was brought about. */
export const applied: AttemptResult = { type: 'applied', receipt: { id: 1 } };

/** The attempt failed. */
export function failed(errorClass: ErrorClass): AttemptResult {
  return { type: 'failed', class: errorClass, because: `it said ${errorClass}` };
}

/** A node takes a step and finds or makes it done. */
export function carryOut(story: RunStory, id: string): readonly string[] {
  take(story, id);
  return tell(story, id, holds);
}
