// A run as people see it: where it stands, what it waits for, whose turn it is, and what they can do.
import type { JournalEvent } from '../../core/journal/event.ts';
import type { RunEvent, RunKind } from '../../core/rollback/events.ts';
import { destroyedBy, waitsForConsent } from '../../core/rollback/consent.ts';
import { verificationOf } from '../../core/rollback/graph.ts';
import { takenBy } from '../../core/rollback/ladder.ts';
import { scopeText } from '../../core/rollback/scope.ts';
import { type BegunRun, type SkipRequest, stepOf } from '../../core/rollback/state.ts';
import { summaryOf } from '../../core/rollback/views.ts';
import { type Otherwise, type Wait, waitsFor } from '../../core/rollback/waits.ts';
import type { Forecast } from '../../core/rollback/forecast.ts';
import { tellOutlook } from '../../core/rollback/forecast-told.ts';
import { outcomeSaid, whatFor } from '../../core/rollback/told.ts';
import { compileUndo } from '../../core/rollback/undo.ts';
import type { Said } from '../../core/words/marks.ts';
import { type FeedRow, feedOf } from './feed.ts';
import { type StepView, stepView } from './step.ts';

/** A run, ready to be shown. */
export interface RunView {
  readonly run: number;
  readonly plan: string;
  readonly playbook: string;
  /** What the run does: `full`, or `undo of run 7 (full)`. */
  readonly what: string;
  /** What an undo of this run would take back, in its order; null while there is nothing to undo. */
  readonly undo: readonly string[] | null;
  /** `component=billing region=eu`; null when all of it goes back. */
  readonly scope: string | null;
  readonly kind: RunKind;
  readonly because: string;
  /** The number of the decision that ordered it. */
  readonly decision: string;
  readonly state: Said;
  /** One sentence that says it all, for the top of the page and for ears. */
  readonly headline: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly rtoMs: number | null;
  /** What is left of it, foreseen; null once it has ended. */
  readonly left: Left | null;
  readonly stepsDone: number;
  readonly stepsAll: number;
  /** What it waits for besides the turns of people. */
  readonly waits: readonly string[];
  readonly holding: { readonly since: number; readonly ofMs: number } | null;
  readonly stages: readonly { readonly name: string; readonly steps: readonly StepView[] }[];
  readonly turns: readonly Turn[];
  /** Steps that somebody wants to leave out, and others must approve. */
  readonly skips: readonly SkipRequest[];
  readonly orders: { readonly pause: boolean; readonly resume: boolean; readonly abort: boolean };
  readonly feed: readonly FeedRow[];
  readonly seq: number;
}

/** What is left of a run: half of the draws end within `p50Ms` from now. */
export interface Left {
  /** Nothing that is left was ever timed: `p90Ms` is an upper bound. */
  readonly isBound: boolean;
  readonly p50Ms: number;
  readonly p90Ms: number;
  /** What it rests on, against the RTO, and what it does not count. */
  readonly words: string;
  /** The steps that decide the end. */
  readonly critical: readonly string[];
}

/** A step that waits for a person's word: the question, and what can be said. */
export interface Turn {
  readonly step: string;
  /** Who is waited for: the role that answers with its people, or who took it. */
  readonly who: string;
  readonly taken: boolean;
  /** Whether anybody can say that they are at it. */
  readonly takeable: boolean;
  readonly otherwise: Otherwise;
  readonly overdue: boolean;
  readonly blocked: boolean;
  readonly instruction: string;
  readonly lookFor: string | null;
  readonly since: number;
  readonly evidence: 'required' | 'optional';
  /** A verification is measured: it can be skipped with a reason, never confirmed by hand. */
  readonly confirmable: boolean;
  /** What would be destroyed, and how much of it: its name is typed by a second person. */
  readonly destroys: { readonly names: string; readonly touches: number } | null;
  /** Only the owner may let the run go on without it. */
  readonly ownerOnly: boolean;
  /** The step from which a ring is undone, once the run was aborted; null when this is no ring. */
  readonly undoFrom: string | null;
}

/** The rows of the feed that a page shows; the journal has them all. */
const FEED_ROWS = 60;

/** The run as it stands, from its state and its events. */
export function runView(
  run: BegunRun,
  events: readonly JournalEvent[],
  foreseen: Forecast,
): RunView {
  // The cast holds because these are the events of this run's stream.
  const own = events as readonly JournalEvent<RunEvent>[];
  const { stepsDone, stepsAll } = summaryOf(run);
  const state = stateOf(run);
  const waits = waitsFor(run);
  const turns =
    run.status === 'ended' || run.status === 'aborting'
      ? []
      : waits.flatMap((wait) => (wait.for === 'an approval' ? [] : turnOf(run, wait)));
  return {
    run: run.run,
    plan: run.plan,
    playbook: run.playbook,
    what: whatFor(run),
    undo: undoOf(run),
    scope: run.scope === undefined ? null : scopeText(run.scope),
    kind: run.kind,
    because: run.because,
    decision: run.decision.slice(run.decision.lastIndexOf('/') + 1),
    state,
    headline: headlineOf(run, state, stepsDone, stepsAll),
    startedAt: run.startedAt,
    endedAt: run.end?.at ?? null,
    rtoMs: run.objectives.rtoMs ?? null,
    left: run.end === null ? leftOf(foreseen) : null,
    stepsDone,
    stepsAll,
    waits: waits
      .filter(
        (wait) => wait.for === 'an approval' || !turns.some((turn) => turn.step === wait.step),
      )
      .map(({ sentence }) => sentence),
    holding: holdingOf(run),
    stages: stagesOf(run, own),
    turns,
    skips: run.skips,
    orders: {
      pause: run.status === 'running',
      resume: run.status === 'paused',
      abort: run.status === 'running' || run.status === 'paused',
    },
    feed: feedOf(events.slice(-FEED_ROWS)),
    seq: events.at(-1)?.seq ?? 0,
  };
}

function leftOf(foreseen: Forecast): Left {
  const { p50Ms, p90Ms, critical, basis } = foreseen;
  return {
    isBound: basis === 'timeboxes',
    p50Ms,
    p90Ms,
    critical,
    words: tellOutlook(foreseen),
  };
}

function stateOf(run: BegunRun): Said {
  if (run.end !== null) return outcomeSaid(run.end.outcome);
  switch (run.status) {
    case 'paused':
      return { mark: 'attention', words: 'paused' };
    case 'aborting':
      return { mark: 'bad', words: 'aborting at the next safe point' };
    case 'running':
    case 'ended': {
      const waiting = Object.values(run.steps).some(
        (step) => step.status === 'asked' || step.status === 'blocked',
      );
      return waiting
        ? { mark: 'attention', words: 'waiting for people' }
        : { mark: 'working', words: run.undoes === undefined ? 'rolling back' : 'undoing' };
    }
  }
}

function undoOf(run: BegunRun): RunView['undo'] {
  const undo = compileUndo(run);
  if (undo.type === 'refused') return null;
  return undo.graph.nodes.flatMap(({ id, work }) => (work.type === 'verification' ? [] : [id]));
}

function headlineOf(run: BegunRun, state: Said, done: number, all: number): string {
  const [first = '', ...rest] = state.words;
  const words = first.toUpperCase() + rest.join('');
  if (run.end !== null) return `${words}: ${run.end.because}.`;
  const now = run.graph.nodes.filter(({ id }) =>
    ['running', 'asked', 'blocked', 'retrying'].includes(stepOf(run, id)?.status ?? ''),
  );
  const names = now.map(({ id }) => id).join(', ');
  return `${words}: ${done} of ${all} steps done${names === '' ? '' : `; now ${names}`}.`;
}

function holdingOf(run: BegunRun): RunView['holding'] {
  const work = verificationOf(run.graph)?.work;
  if (run.holdingSince === null || run.status === 'ended' || work?.type !== 'verification')
    return null;
  return { since: run.holdingSince, ofMs: work.holdMs };
}

function stagesOf(run: BegunRun, events: readonly JournalEvent<RunEvent>[]): RunView['stages'] {
  const names = [...new Set(run.graph.nodes.map((node) => node.stage))];
  return names.map((name) => ({
    name,
    steps: run.graph.nodes
      .filter((node) => node.stage === name)
      .map((node) => stepView(run, node, events)),
  }));
}

function turnOf(run: BegunRun, wait: Wait): readonly Turn[] {
  const node = run.graph.nodes.find(({ id }) => id === wait.step);
  const step = stepOf(run, wait.step);
  if (node === undefined || (step?.status !== 'asked' && step?.status !== 'blocked')) return [];
  const { work } = node;
  const turn = {
    step: node.id,
    who: wait.who ?? 'a person',
    taken: takenBy(step) !== null,
    takeable: step.calling !== null,
    otherwise: wait.otherwise,
    overdue: step.overdue,
    since: step.since,
    confirmable: work.type !== 'verification' && node.ownerOnly !== true,
    ownerOnly: node.ownerOnly === true,
    destroys: null,
    undoFrom: work.type === 'worsening' ? work.before : null,
  };
  if (step.status === 'asked' && work.type === 'manual') {
    return [
      {
        ...turn,
        blocked: false,
        instruction: work.instruction,
        lookFor: work.lookFor ?? null,
        evidence: work.evidence,
      },
    ];
  }
  const destroyed = destroyedBy(node);
  if (destroyed !== undefined && step.consent !== null && waitsForConsent(step)) {
    const { touches, change } = step.consent;
    const what = change === null ? '' : ` (${change})`;
    return [
      {
        ...turn,
        who: turn.taken ? turn.who : 'a second person',
        blocked: false,
        instruction: `${node.id} would destroy ${touches} in ${destroyed.names}${what}; at most ${destroyed.atMost} are allowed. More than is shown here is asked for again.`,
        lookFor: null,
        evidence: 'required',
        destroys: { names: destroyed.names, touches },
      },
    ];
  }
  return [
    {
      ...turn,
      blocked: true,
      instruction: step.problem?.because ?? 'It is stuck.',
      lookFor: null,
      evidence: 'required',
    },
  ];
}
