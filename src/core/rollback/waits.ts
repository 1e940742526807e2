// What a run waits for: whom or what, with which orders people can answer, and what happens when nobody does.
import type { Mark } from '../words/marks.ts';
import { withoutStop } from '../words/phrases.ts';
import { destroyedBy, waitsForConsent } from './consent.ts';
import { answering, dueCalls, rungsOf, takenBy } from './ladder.ts';
import type { GraphNode } from './graph.ts';
import { type BegunRun, type SkipRequest, type StepState, stepOf } from './state.ts';
import { stepDueAt } from './tick.ts';
import { calledWords } from './told.ts';

/** One thing that a run waits for. */
export interface Wait {
  /** Empty where it is the run itself. */
  readonly step: string;
  readonly for: 'a node' | 'its attempt' | 'its retry' | 'a person' | 'an approval' | 'other steps';
  readonly mark: Mark;
  /** Who is waited for: a role with its people, or who said that they are at it. */
  readonly who: string | null;
  readonly sentence: string;
  /** What people can type, the likeliest first. */
  readonly orders: readonly string[];
  /** What comes when nobody answers: at what time, or never. */
  readonly otherwise: Otherwise;
}

/** What comes when nobody answers. Without a time the run waits for as long as it takes. */
export interface Otherwise {
  readonly at: number | null;
  readonly words: string;
}

/** What the run waits for: never empty while it has not ended, so that a run always ends or names its reason. */
export function waitsFor(run: BegunRun): readonly Wait[] {
  switch (run.status) {
    case 'ended':
      return [];
    case 'paused':
      return [paused(run), ...skipWaits(run), ...stepWaits(run)];
    case 'aborting':
      return [aborting(), ...stepWaits(run)];
    case 'running':
      return [...skipWaits(run), ...stepWaits(run)];
  }
}

const FOR_EVER: Otherwise = { at: null, words: 'the run waits' };

function paused({ run }: BegunRun): Wait {
  return {
    step: '',
    for: 'a person',
    mark: 'attention',
    who: null,
    sentence: 'Paused: no further step begins.',
    orders: [`backout run resume ${run}`],
    otherwise: { at: null, words: 'the run stays paused' },
  };
}

function aborting(): Wait {
  return {
    step: '',
    for: 'its attempt',
    mark: 'attention',
    who: null,
    sentence: 'Aborting: ends when no attempt is under way.',
    orders: [],
    otherwise: FOR_EVER,
  };
}

/** What somebody wants to leave out, and others must approve. */
function skipWaits({ run, skips }: BegunRun): readonly Wait[] {
  return skips.map((asked) => ({
    step: asked.step,
    for: 'an approval',
    mark: 'attention',
    who: 'somebody else',
    sentence: skipWords(asked),
    orders: [`backout run step approve ${run} ${asked.step}`],
    otherwise: { at: asked.until, words: 'it is not skipped' },
  }));
}

/** `ada wants to skip look: seen before. 1 of 2 approvals, by ben`. */
export function skipWords({ requester, step, because, approvedBy, wanted }: SkipRequest): string {
  const by = approvedBy.length === 0 ? '' : `, by ${approvedBy.join(' and ')}`;
  return `${requester} wants to skip ${step}: ${withoutStop(because)}. ${approvedBy.length} of ${wanted} ${wanted === 1 ? 'approval' : 'approvals'}${by}`;
}

function stepWaits(run: BegunRun): readonly Wait[] {
  return run.graph.nodes.flatMap((node) => {
    const step = stepOf(run, node.id);
    const wait = step === undefined ? null : waitOf(run, node, step);
    return wait === null ? [] : [wait];
  });
}

function waitOf(run: BegunRun, node: GraphNode, step: StepState): Wait | null {
  const of = (
    what: Wait['for'],
    mark: Mark,
    sentence: string,
    otherwise: string,
    orders: readonly string[] = [],
  ): Wait => {
    const at = stepDueAt(run, node, step);
    const then = at === null ? FOR_EVER : { at, words: otherwise };
    return { step: node.id, for: what, mark, who: null, sentence, orders, otherwise: then };
  };
  switch (step.status) {
    case 'dispatched':
      return of(
        'a node',
        'waiting',
        `${node.id} waits for a node to take it.`,
        'it is laid out again',
      );
    case 'running':
      return of(
        'its attempt',
        'working',
        `${node.id} is being carried out by ${step.node ?? 'a node'}.`,
        'its time is over',
      );
    case 'retrying':
      return of(
        'its retry',
        'attention',
        `${node.id} is tried again: ${step.problem?.because ?? ''}`,
        'it is tried again',
        [`backout run step retry ${run.run} ${node.id}`],
      );
    case 'asked':
    case 'blocked':
      // A run that is being aborted ends as soon as no system is being changed, whatever people say.
      return run.status === 'aborting' ? null : ofPeople(run, node, step);
    case 'waiting':
      return run.status === 'running'
        ? null
        : of('other steps', 'waiting', `${node.id} has not begun.`, '');
    case 'done':
    case 'skipped':
      return null;
  }
}

function ofPeople(run: BegunRun, node: GraphNode, step: StepState): Wait {
  const who = takenBy(step) ?? whoAnswers(node, step);
  const asked = step.status === 'asked';
  return {
    step: node.id,
    for: 'a person',
    mark: asked && !step.overdue ? 'attention' : 'bad',
    who,
    sentence: asked ? askedWords(node, step, who) : blockedWords(node, step, who),
    orders: asked ? askedOrders(run.run, node, step) : blockedOrders(run.run, node, step),
    otherwise: otherwiseOf(run, node, step),
  };
}

/** `technical (ben, ada)`; the role alone where nobody's name is known; `a person` where there is not even a role. */
function whoAnswers(node: GraphNode, step: StepState): string {
  const answers = step.handedOver ?? node.ladder?.[0];
  if (answers === undefined) return answering(node, step) ?? 'a person';
  return calledWords(answers.role, answers.people);
}

function askedWords(node: GraphNode, step: StepState, who: string): string {
  const { id, work } = node;
  if (waitsForConsent(step)) {
    const much = `${step.consent?.touches ?? 0} in ${destroyedBy(node)?.names ?? ''}`;
    return `${id} would destroy ${much}, and waits for a second person who types the name.`;
  }
  const { instruction = '', lookFor } = work.type === 'manual' ? work : {};
  const late = step.overdue ? ' It is overdue.' : '';
  const what = instruction === '' ? '' : `: ${instruction.replace(/\.?$/, '.')}`;
  const seen = lookFor === undefined ? '' : ` Look for: ${lookFor}.`;
  const whose = takenBy(step) !== null ? `${who} is at ${id}` : `${who}, ${id} is yours`;
  return `${whose}${what}${seen}${late}`;
}

function blockedWords({ id }: GraphNode, step: StepState, who: string): string {
  const because = step.problem?.because ?? 'nobody knows why';
  return takenBy(step) !== null
    ? `${id} is blocked, and ${who} is at it: ${because}`
    : `${id} is blocked and waits for ${who}: ${because}`;
}

function takeOrder(run: number, id: string, step: StepState): readonly string[] {
  // A run that an older Backout began calls nobody, so there is nothing to take over.
  return step.calling === null || takenBy(step) !== null
    ? []
    : [`backout run step take ${run} ${id}`];
}

function askedOrders(run: number, node: GraphNode, step: StepState): readonly string[] {
  const { id, work } = node;
  if (waitsForConsent(step)) {
    return [
      `backout run step consent ${run} ${id} --type ${destroyedBy(node)?.names ?? ''}`,
      `backout run step skip ${run} ${id} --because "…"`,
      ...takeOrder(run, id, step),
    ];
  }
  const required = work.type === 'manual' && work.evidence === 'required';
  return [
    `backout run step confirm ${run} ${id}${required ? ' --evidence "what you saw"' : ''}`,
    ...takeOrder(run, id, step),
  ];
}

function blockedOrders(run: number, node: GraphNode, step: StepState): readonly string[] {
  return [
    ...takeOrder(run, node.id, step),
    ...waysOn(run, node),
    `backout run abort ${run} --because "…"`,
    ...ringBack(run, node),
  ];
}

/** How a ring that was worse is taken back: the run is aborted first. */
function ringBack(run: number, { work }: GraphNode): readonly string[] {
  return work.type === 'worsening'
    ? [`backout undo ${run} --from ${work.before} --because "…"`]
    : [];
}

/** What can be said to a blocked step. */
function waysOn(run: number, { id, work, ownerOnly }: GraphNode): readonly string[] {
  const retry = `backout run step retry ${run} ${id}`;
  if (ownerOnly === true) return [`backout run step overrule ${run} ${id} --because "…"`, retry];
  const confirm = `backout run step confirm ${run} ${id} --evidence "what you saw"`;
  const skip = `backout run step skip ${run} ${id} --because "…"`;
  return work.type === 'verification' ? [retry, skip] : [retry, confirm, skip];
}

/** What silence leads to: the next call, the hand-over, or that it is overdue. */
function otherwiseOf(run: BegunRun, node: GraphNode, now: StepState): Otherwise {
  const step = firstCalled(node, now);
  const at = stepDueAt(run, node, step);
  if (at === null) return { at: null, words: 'nobody else is called, and the run waits' };
  const words = dueCalls(run, node, step, at).flatMap((event) => {
    switch (event.type) {
      case 'StepCalled':
        return [
          `${calledWords(event.role, event.people)} ${event.people.length > 1 ? 'are' : 'is'} called`,
        ];
      case 'StepHandedOver':
        return [`${calledWords(event.to, event.people)} must answer for it`];
      default:
        return [];
    }
  });
  const late = isLateAt(node, step, at) ? ['it is overdue'] : [];
  return { at, words: [...late, ...words].join(', ') };
}

/** What is called at once is no answer to silence: seen between a block and its first call, that call counts as made. */
function firstCalled(node: GraphNode, step: StepState): StepState {
  const { calling } = step;
  if (calling === null || takenBy(step) !== null) return step;
  const rungs = rungsOf(node, step, calling);
  const later = rungs.findIndex(({ afterMs }, at) => at >= calling.next && afterMs > 0);
  return { ...step, calling: { ...calling, next: later < 0 ? rungs.length : later } };
}

function isLateAt(node: GraphNode, step: StepState, at: number): boolean {
  const { status, overdue, startedAt } = step;
  return status === 'asked' && !overdue && startedAt !== null && startedAt + node.timeboxMs <= at;
}
