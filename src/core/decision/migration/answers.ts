// What people and time say to a migration: orders, answers to questions, ends of runs, deadlines of questions and holds.
import { type Decided, type Rejected, reject } from '../../journal/aggregate.ts';
import { isVerified } from '../../rollback/told.ts';
import type { Answer } from '../trigger.ts';
import type { MigrationCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import type { How, MigrationEvent } from './events.ts';
import { holderOf } from './guards.ts';
import { askAgain, orderRun } from './order.ts';
import { type KnownMigration, type Question, standingOf } from './state.ts';

type Said = Decided<MigrationEvent>;

/** After a hold that names no time, silence that holds, or a verified run, the question is asked again then. Milliseconds. */
export const HOLD_DEFAULT_MS = 10 * 60_000;

/** A person starts a run without being asked. */
export function order(draft: Draft, command: MigrationCommand & { type: 'OrderRun' }): Said {
  const { activeRun, decisions, questions } = draft.migration;
  const [open] = questions;
  if (activeRun !== null) return underWay(draft.migration, activeRun);
  if (command.kind !== 'live' && open !== undefined) {
    return reject(
      'question-open',
      `Decision ${open.decision} (${open.trigger}) waits; answer it before anything is rehearsed.`,
    );
  }
  const { playbook, because, newRun, kind, scope } = command;
  orderRun(
    draft,
    decisions + 1,
    { trigger: null, playbook, evidence: {} },
    { how: 'person', because, newRun, kind, scope },
  );
  return draft.accepted();
}

/** One run at a time has a target. */
export function underWay({ plan }: KnownMigration, run: number): Rejected {
  return reject(
    'run-under-way',
    `Run ${run} of ${plan} is under way; a target has one run at a time. Watch it: backout watch ${run}.`,
  );
}

/** A person answers a question: the one that is named, or the only one. */
export function answerQuestion(
  draft: Draft,
  command: MigrationCommand & { type: 'Approve' | 'Hold' | 'Dismiss' },
): Said {
  const found = questionOf(draft.migration, command.decision);
  if (found.type === 'rejected') return found;
  const { question } = found;
  switch (command.type) {
    case 'Approve':
      return approve(
        draft,
        question,
        'person',
        command.because ?? question.because,
        command.newRun,
      );
    case 'Hold':
      answer(
        draft,
        question,
        'hold',
        'person',
        command.because ?? 'held',
        draft.context.now + command.forMs,
      );
      return draft.accepted();
    case 'Dismiss':
      if (command.because.trim() === '')
        return reject('reason-missing', 'Dismissing needs a reason (--because "…").');
      answer(draft, question, 'dismiss', 'person', command.because, null);
      return draft.accepted();
  }
}

function questionOf(
  migration: KnownMigration,
  decision: number | undefined,
):
  | { readonly type: 'question'; readonly question: Question }
  | (Decided<never> & { type: 'rejected' }) {
  const { questions, plan } = migration;
  const no = (code: string, because: string) => ({ type: 'rejected', code, because }) as const;
  const [only, second] = questions;
  const question =
    decision === undefined ? only : questions.find((each) => each.decision === decision);
  if (decision === undefined && second !== undefined) {
    const numbers = questions.map((each) => `${each.decision} (${each.trigger})`).join(', ');
    return no('which-question', `Several decisions wait: ${numbers}. Name one.`);
  }
  if (question !== undefined) return { type: 'question', question };
  if (decision === undefined) return no('no-question', `Nothing waits for a decision in ${plan}.`);
  const first = whoDecided(migration, decision);
  return first === null
    ? no('no-such-question', `${plan} has no open decision ${decision}.`)
    : no('decided-already', first);
}

/** For who comes second: who came first, and what was said. */
function whoDecided({ made, overtaken }: KnownMigration, decision: number): string | null {
  const told = (number: number): string => {
    const first = made.find((each) => each.decision === number);
    return first === undefined
      ? ''
      : `by ${first.who} already: ${first.answer}${first.run === null ? '' : `, run ${first.run}`}`;
  };
  const by = overtaken.find((each) => each.decision === decision)?.by;
  if (by !== undefined)
    return `Decision ${decision} was overtaken by decision ${by}, made ${told(by)}.`;
  return made.some((each) => each.decision === decision)
    ? `Decision ${decision} was made ${told(decision)}.`
    : null;
}

function approve(
  draft: Draft,
  question: Question,
  how: How,
  because: string,
  newRun: number,
): Said {
  const { migration } = draft;
  if (migration.activeRun !== null) return underWay(migration, migration.activeRun);
  const { breach, blind } = standingOf(migration, question.trigger);
  const cleared = breach === null && !blind ? ' (cleared before the answer)' : '';
  orderRun(draft, question.decision, subjectOf(question), {
    how,
    because: because + cleared,
    newRun,
    kind: 'live',
  });
  return draft.accepted();
}

function subjectOf({ trigger, playbook, evidence }: Question) {
  return { trigger, playbook, evidence };
}

function answer(
  draft: Draft,
  question: Question,
  said: Exclude<Answer, 'roll-back' | 'undo'>,
  how: How,
  because: string,
  until: number | null,
): void {
  const { decision } = question;
  draft.add({
    type: 'DecisionMade',
    decision,
    answer: said,
    how,
    because,
    ...subjectOf(question),
    run: null,
    kind: 'live',
    until,
  });
}

/** A run has ended. An end that is not verified never suppresses the way back: what is still open asks at once. */
export function finish(
  draft: Draft,
  { run, outcome, changed }: MigrationCommand & { type: 'FinishRun' },
): Said {
  const { activeRun, activeKind } = draft.migration;
  if (activeRun !== run) return draft.accepted();
  const counted = changed === undefined ? {} : { changed };
  if (activeKind === 'live' && isVerified(outcome)) {
    // Its signals may need a while to clear; what has not cleared then asks again.
    draft.add({
      type: 'RunFinished',
      run,
      outcome,
      askAgainAt: draft.context.now + HOLD_DEFAULT_MS,
      ...counted,
    });
    return draft.accepted();
  }
  draft.add({ type: 'RunFinished', run, outcome, ...counted });
  if (activeKind === 'live') askAgain(draft, `run ${run} ended ${outcome}`);
  return draft.accepted();
}

/** Time has passed: questions that nobody answered, holds that are over, blindness that is ignored no longer. */
export function tick(draft: Draft, newRun: number): Said {
  const { now } = draft.context;
  for (const question of draft.migration.questions.filter((each) => each.until <= now)) {
    const open = draft.migration.questions.some((each) => each.decision === question.decision);
    if (open) answerBySilence(draft, question, newRun);
  }
  for (const [name, { heldUntil }] of Object.entries(draft.migration.standing)) {
    if (heldUntil === null || heldUntil > now) continue;
    draft.add({ type: 'HoldEnded', trigger: name });
    askAgain(draft, 'the hold is over', (each) => each === name);
  }
  for (const [name, { ignoredUntil, cause, evidence }] of Object.entries(
    draft.migration.standing,
  )) {
    if (ignoredUntil === null || ignoredUntil > now) continue;
    draft.add({ type: 'TriggerBlinded', trigger: name, cause: cause ?? 'no-data', evidence });
    askAgain(draft, 'the time for which blindness was ignored is over', (each) => each === name);
  }
  return draft.accepted();
}

function answerBySilence(draft: Draft, question: Question, newRun: number): void {
  const { now } = draft.context;
  const because = `${question.because}; nobody answered in time, and then the plan says ${question.silence}`;
  const { activeRun } = draft.migration;
  if (question.silence === 'roll-back' && activeRun === null) {
    approve(draft, question, 'silence', because, newRun);
    return;
  }
  const hindered = activeRun === null ? '' : `, but ${holderOf(draft.migration)} has the target`;
  answer(
    draft,
    question,
    'hold',
    'silence',
    because + (question.silence === 'hold' ? '' : hindered),
    now + HOLD_DEFAULT_MS,
  );
}
