// Any playbook and any course of events for a run of it: the input of the properties that every run has.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { JournalEvent } from '../../src/core/journal/event.ts';
import type { RunCommand } from '../../src/core/rollback/commands.ts';
import type { AttemptResult, RunEvent } from '../../src/core/rollback/events.ts';
import type { Graph, GraphNode } from '../../src/core/rollback/graph.ts';
import type { StepPeople } from '../../src/core/rollback/people-of-step.ts';
import { policyOf } from '../../src/core/rollback/policy.ts';
import { runAggregate } from '../../src/core/rollback/run.ts';
import type { Run, StepState } from '../../src/core/rollback/state.ts';
import { storyOf } from '../../src/testing/given.ts';
import {
  type RunStory,
  begun,
  checkpoint,
  manual,
  startRun,
  step,
  stepIn,
  verification,
} from '../../src/testing/playbooks.ts';

const errorClass = fc.constantFrom(
  'cannot-reach',
  'not-allowed',
  'target-mismatch',
  'timed-out',
  'refused',
  'verification-failed',
  'cancelled',
);

const result: fc.Arbitrary<AttemptResult> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<AttemptResult>({ type: 'holds', evidence: 'seen' }) },
  { weight: 2, arbitrary: fc.constant<AttemptResult>({ type: 'applied', receipt: 'r' }) },
  errorClass.map((each): AttemptResult => ({ type: 'failed', class: each, because: 'so' })),
);

/** What a plan may say of failures; mostly nothing. */
const policy = fc.option(
  fc.dictionary(errorClass, fc.constantFrom('retry', 'climb', 'ask', 'stop')).map(policyOf),
  { nil: undefined, freq: 1 },
);

/** Who is called: nobody, or a ladder whose rungs stand in their order, and mostly a contingency. */
const stepPeople: fc.Arbitrary<StepPeople> = fc.oneof(
  fc.constant({}),
  fc
    .record({
      waits: fc.array(fc.constantFrom(0, 1_000, 30_000, 300_000), { maxLength: 3 }),
      handOver: fc.option(fc.constantFrom(500, 2_500, 40_000)),
    })
    .map(({ waits, handOver }): StepPeople => {
      const rungs = waits
        .toSorted((a, b) => a - b)
        .map((afterMs, index) => ({ role: `rung-${index}`, people: [`p${index}`], afterMs }));
      return {
        owner: 'technical',
        ladder: [{ role: 'technical', people: ['ben'], afterMs: 0 }, ...rungs],
        ...(handOver === null
          ? {}
          : { contingency: { role: 'owner', people: ['ada'], afterMs: handOver } }),
      };
    }),
);

const graph: fc.Arbitrary<Graph> = fc
  .record({
    nodes: fc.array(
      fc.record({
        kind: fc.constantFrom('state', 'state', 'state', 'manual', 'checkpoint'),
        needs: fc.nat(255),
        box: fc.constantFrom(5_000, 60_000),
        onFailure: policy,
        people: stepPeople,
      }),
      { maxLength: 6, size: 'max' },
    ),
    verified: fc.constantFrom(true, true, false),
  })
  .map(({ nodes, verified }) => {
    const made = nodes.map(({ kind, needs, box, onFailure, people: called }, index): GraphNode => {
      const before = nodes
        .slice(0, index)
        .flatMap((_, each) => ((needs >> each) & 1 ? [`s${each}`] : []));
      const written = `s${index}<${before.join(',')}`;
      const node =
        kind === 'manual'
          ? manual(written)
          : kind === 'checkpoint'
            ? checkpoint(written)
            : step(written);
      return {
        ...node,
        timeboxMs: box,
        ...called,
        ...(onFailure === undefined || kind === 'manual' ? {} : { onFailure }),
      };
    });
    const last = verification(made.map((node) => node.id).join(','));
    return { nodes: verified ? [...made, last] : made };
  });

/** A playbook and what happens to a run of it. */
export interface Course {
  readonly graph: Graph;
  readonly moves: readonly Move[];
}

/** One thing that happens. `step` and `which` choose among what is there. */
export type Move =
  | { readonly type: 'time'; readonly ms: number }
  | { readonly type: 'take'; readonly step: number; readonly node: number }
  | { readonly type: 'observed'; readonly step: number; readonly older: number }
  | { readonly type: 'lost'; readonly step: number; readonly older: number; readonly node: number }
  | {
      readonly type: 'result';
      readonly step: number;
      readonly older: number;
      readonly result: AttemptResult;
    }
  | { readonly type: 'look'; readonly holds: boolean; readonly older: number; readonly gap: number }
  | {
      readonly type: 'person';
      readonly what:
        | 'PauseRun'
        | 'ResumeRun'
        | 'AbortRun'
        | 'ConfirmStep'
        | 'SkipStep'
        | 'RetryStep'
        | 'TakeStep';
      readonly step: number;
    }
  /** Something that was said before is said again: doubled, delayed, out of order. */
  | { readonly type: 'again'; readonly which: number };

/** Aborts are rare, or few runs would come far. */
const people = [
  ...repeat('ConfirmStep' as const, 12),
  ...repeat('RetryStep' as const, 8),
  ...repeat('TakeStep' as const, 6),
  ...repeat('ResumeRun' as const, 6),
  ...repeat('SkipStep' as const, 2),
  ...repeat('PauseRun' as const, 2),
  ...repeat('AbortRun' as const, 1),
];

function repeat<Value>(value: Value, times: number): readonly Value[] {
  return Array.from({ length: times }, () => value);
}

const index = fc.nat(7);
const older = fc.constantFrom(0, 0, 0, 0, 0, 0, 1, -1);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('time' as const),
      ms: fc.constantFrom(0, 400, 1_000, 6_000, 30_000, 70_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('take' as const), step: index, node: fc.nat(2) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('observed' as const), step: index, older }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('lost' as const),
      step: index,
      older,
      node: fc.nat(2),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('result' as const), step: index, older, result }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('look' as const),
      holds: fc.constantFrom(true, true, true, false),
      older,
      gap: fc.constantFrom(0, 30_000, 61_000, 120_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('person' as const),
      what: fc.constantFrom(...people),
      step: index,
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('again' as const), which: fc.nat(99) }) },
);

/** A playbook and what happens to a run of it. */
export const course: fc.Arbitrary<Course> = fc.record({
  graph,
  moves: fc.array(move, { maxLength: 80, size: 'max' }),
});

/** The command that a move means for this run; undefined when it means nothing now. */
function commandOf(
  made: Move,
  story: RunStory,
  said: readonly RunCommand[],
): RunCommand | undefined {
  const pick = (at: number, ...fitting: readonly StepState['status'][]): string =>
    pickStep(story, at, fitting);
  switch (made.type) {
    case 'time':
      return { type: 'Tick' };
    case 'again':
      return said[made.which % Math.max(1, said.length)];
    case 'look': {
      const attempt = (begun(story).steps['verified']?.attempt ?? 0) - made.older;
      return {
        type: 'ReportVerification',
        attempt,
        holds: made.holds,
        evidence: null,
        gaplessSince: story.now - made.gap,
      };
    }
    case 'take':
    case 'observed':
    case 'lost':
    case 'result':
      return newsOf(made, pick(made.step, made.type === 'take' ? 'dispatched' : 'running'), story);
    case 'person':
      switch (made.what) {
        case 'ResumeRun':
          return { type: 'ResumeRun' };
        case 'RetryStep':
          return { type: 'RetryStep', step: pick(made.step, 'blocked') };
        case 'TakeStep':
          return { type: 'TakeStep', step: pick(made.step, 'asked', 'blocked') };
        case 'ConfirmStep':
          return {
            type: 'ConfirmStep',
            step: pick(made.step, 'asked', 'blocked'),
            evidence: 'seen',
          };
        case 'SkipStep':
          return { type: 'SkipStep', step: pick(made.step), because: 'so' };
        case 'PauseRun':
        case 'AbortRun':
          return { type: made.what, because: 'so' };
      }
  }
}

/** Mostly a step for which the move means something, sometimes any. */
function pickStep(story: RunStory, at: number, fitting: readonly StepState['status'][]): string {
  const { nodes } = begun(story).graph;
  const fits = nodes.filter((node) => fitting.includes(stepIn(story, node.id).status));
  const among = fits.length === 0 || at === 7 ? nodes : fits;
  return among[at % Math.max(1, among.length)]?.id ?? 'nothing';
}

/** What a node says of a step: of the attempt that counts, or of an older or a newer one. */
function newsOf(
  made: Move & { type: 'take' | 'observed' | 'lost' | 'result' },
  id: string,
  story: RunStory,
): RunCommand {
  const newest = begun(story).steps[id]?.attempt ?? 0;
  switch (made.type) {
    case 'take':
      return { type: 'BeginAttempt', step: id, attempt: newest, node: `node-${made.node}` };
    case 'lost':
      return {
        type: 'ReportLost',
        step: id,
        attempt: newest - made.older,
        node: `node-${made.node}`,
      };
    case 'observed':
      return {
        type: 'ReportObserved',
        step: id,
        attempt: newest - made.older,
        evidence: story.now,
      };
    case 'result':
      return { type: 'ReportResult', step: id, attempt: newest - made.older, result: made.result };
  }
}

/** Tells a whole course; `after` sees the story after each accepted command. */
export function tellCourse({ graph: of, moves }: Course, after: After = () => undefined): RunStory {
  const story = storyOf(runAggregate, { type: 'Tick' });
  const said: RunCommand[] = [];
  const say = (command: RunCommand): void => {
    const before = story.state;
    const events = story.events.length;
    const asked = story.ask(command);
    if (asked.type === 'accepted') after(story, command, before, story.events.slice(events));
    else assert.equal(story.events.length, events, 'a rejected command adds nothing');
  };
  say(startRun(of));
  for (const made of moves) {
    if (made.type === 'time') story.wait(made.ms);
    const command = commandOf(made, story, said);
    if (command === undefined) continue;
    said.push(command);
    say(command);
  }
  return story;
}

/** Looks at a story after an accepted command: what it was before, and which events came. */
export type After = (
  story: RunStory,
  command: RunCommand,
  before: Run,
  added: readonly JournalEvent<RunEvent>[],
) => void;

/** Nodes take what lies ready and succeed, people answer what they are asked, time passes. */
export function beDiligent(story: RunStory, skipping: boolean): void {
  for (let round = 0; round < 500 && begun(story).status !== 'ended'; round += 1) {
    const run = begun(story);
    if (run.status === 'paused') story.when({ type: 'ResumeRun' });
    for (const node of run.graph.nodes) answer(story, node, skipping);
    if (begun(story).status !== 'ended') story.pass(10_000);
  }
}

function answer(story: RunStory, node: GraphNode, skipping: boolean): void {
  const { status, attempt } = stepIn(story, node.id);
  const id = node.id;
  if (begun(story).status === 'ended') return;
  switch (status) {
    case 'dispatched':
      story.ask({ type: 'BeginAttempt', step: id, attempt, node: 'node-1' });
      succeed(story, node);
      return;
    case 'running':
      succeed(story, node);
      return;
    case 'asked':
      story.when({ type: 'ConfirmStep', step: id, evidence: 'seen' });
      return;
    case 'blocked':
      if (begun(story).status !== 'running') return;
      story.when(
        skipping ? { type: 'SkipStep', step: id, because: 'so' } : { type: 'RetryStep', step: id },
      );
      return;
    case 'waiting':
    case 'retrying':
    case 'done':
    case 'skipped':
  }
}

/** The node that has the step tells that all is well. What no longer counts is refused or only recorded. */
function succeed(story: RunStory, { id, work }: GraphNode): void {
  const { attempt } = stepIn(story, id);
  if (work.type === 'verification') {
    const gaplessSince = story.now - 60_000;
    story.ask({ type: 'ReportVerification', attempt, holds: true, evidence: null, gaplessSince });
    return;
  }
  story.ask({ type: 'ReportResult', step: id, attempt, result: { type: 'holds', evidence: null } });
}
