// What people and time say to a migration: orders, answers to questions, ends of runs, deadlines of questions and holds.
import { type Decided, type Rejected, reject } from '../../journal/aggregate.ts';
import { isVerified } from '../../rollback/told.ts';
import type { Answer } from '../trigger.ts';
import { approveQuestion, approveRun, orderOrAsk, refuse, voidOverdue } from './approving.ts';
import type { MigrationCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import type { How, MigrationEvent } from './events.ts';
import { holderOf } from './guards.ts';
import { type Agreed, askAgain, orderRun } from './order.ts';
import { type KnownMigration, type Question, type RunRequest, standingOf } from './state.ts';

type Said = Decided<MigrationEvent>;

/** After a hold that names no time, silence that holds, or a verified run, the question is asked again then. Milliseconds. */
export const HOLD_DEFAULT_MS = 10 * 60_000;

/** A person starts a run without being asked. */
export function order(draft: Draft, command: MigrationCommand & { type: 'OrderRun' }): Said {
  const { activeRun, questions } = draft.migration;
  const [open] = questions;
  if (activeRun !== null) return underWay(draft.migration, activeRun);
  if (command.kind !== 'live' && open !== undefined) {
    return reject(
      'question-open',
      `Decision ${open.decision} (${open.trigger}) waits; answer it before anything is rehearsed.`,
    );
  }
  return orderOrAsk(draft, command);
}

/** One run at a time has a target. */
export function underWay({ plan }: KnownMigration, run: number): Rejected {
  return reject(
    'run-under-way',
    `Run ${run} of ${plan} is under way; a target has one run at a time. Watch it: backout watch ${run}.`,
  );
}

type Answering = MigrationCommand & { type: 'Approve' | 'Hold' | 'Dismiss' };

/** A person answers a question, or a request for a run: the one that is named, or the only one. */
export function answerQuestion(draft: Draft, command: Answering): Said {
  const found = questionOf(draft.migration, command.decision);
  switch (found.type) {
    case 'rejected':
      return found;
    case 'request':
      return answerRequest(draft, found.request, command);
    case 'question':
      return answerAsked(draft, found.question, command);
  }
}

/** A run that somebody wants is approved or refused. */
function answerRequest(draft: Draft, request: RunRequest, command: Answering): Said {
  const { activeRun, plan } = draft.migration;
  switch (command.type) {
    case 'Approve':
      return activeRun === null
        ? approveRun(draft, request, command)
        : underWay(draft.migration, activeRun);
    case 'Hold':
      return reject(
        'nothing-to-hold',
        `Decision ${request.decision} of ${plan} is a run that ${request.requester} wants: approve it, refuse it with a reason, or let its time pass; then it is not started.`,
      );
    case 'Dismiss':
      return refuse(draft, request, command.because);
  }
}

function answerAsked(draft: Draft, question: Question, command: Answering): Said {
  switch (command.type) {
    case 'Approve': {
      const { activeRun } = draft.migration;
      if (activeRun !== null) return underWay(draft.migration, activeRun);
      const approved = approveQuestion(draft, question, command.because);
      if ('said' in approved) return approved.said;
      const because = command.because ?? question.because;
      // One approval is the answer itself, whose actor stands beside it.
      const agreed = approved.approvedBy.length > 1 ? { approvedBy: approved.approvedBy } : {};
      return approve(draft, question, 'person', because, command.newRun, agreed);
    }
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
  | { readonly type: 'request'; readonly request: RunRequest }
  | (Decided<never> & { type: 'rejected' }) {
  const { questions, requests, plan } = migration;
  const no = (code: string, because: string) => ({ type: 'rejected', code, because }) as const;
  const named = <Each extends { readonly decision: number }>(all: readonly Each[]) =>
    decision === undefined ? all[0] : all.find((each) => each.decision === decision);
  if (decision === undefined && questions.length + requests.length > 1) {
    const numbers = [
      ...questions.map((each) => `${each.decision} (${each.trigger})`),
      ...requests.map((each) => `${each.decision} (${each.requester} wants ${each.playbook})`),
    ].join(', ');
    return no('which-question', `Several decisions wait: ${numbers}. Name one.`);
  }
  const question = named(questions);
  if (question !== undefined) return { type: 'question', question };
  const request = named(requests);
  if (request !== undefined) return { type: 'request', request };
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
  agreed: Agreed = {},
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
    agreed,
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
  voidOverdue(draft);
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
