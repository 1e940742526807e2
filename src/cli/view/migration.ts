// A migration under watch on a terminal: phase, triggers, and the questions that wait, with what happens when nobody answers.
import type {
  KnownMigration,
  Migration,
  OwedReview,
  Question,
  RunRequest,
} from '../../core/decision/migration/state.ts';
import { standingOf } from '../../core/decision/migration/state.ts';
import {
  approvedWords,
  requestWords,
  silenceWords,
  triggerSaid,
} from '../../core/decision/migration/told.ts';
import { stopwatch } from '../../core/words/times.ts';
import { cut, flow, wrap } from './lines.ts';
import { asciiOf, markOf, paint } from './marks.ts';
import type { RunLook } from './run.ts';

/** The migration as lines, none wider than the terminal. */
export function renderMigration(migration: Migration, look: RunLook): readonly string[] {
  if (migration.type === 'none') return ['Not watched.'];
  const lines = [
    headOf(migration, look),
    ...triggersOf(migration, look),
    ...migration.questions.flatMap((question) => questionOf(migration, question, look)),
    ...migration.requests.flatMap((request) => requestOf(migration, request, look)),
    ...migration.reviews.flatMap((review) => reviewOf(review, look)),
  ];
  return lines.map((line) => cut(look.ascii ? asciiOf(line) : line, look.width));
}

function headOf(migration: KnownMigration, look: RunLook): string {
  const phase = migration.phase === null ? 'in no phase' : `phase ${migration.phase}`;
  const run =
    migration.activeRun === null ? '' : `   ${markOf('working', look)} run ${migration.activeRun}`;
  return `${paint('bold', migration.plan, look)}  plan ${migration.fingerprint.slice(0, 6)}  ${phase}${run}`;
}

function triggersOf(migration: KnownMigration, look: RunLook): readonly string[] {
  if (migration.armed.length === 0) return ['  no trigger is armed'];
  const items = migration.armed.map((name) => {
    const { heldUntil } = standingOf(migration, name);
    const held =
      heldUntil !== null && heldUntil > look.now ? `, held ${stopwatch(heldUntil - look.now)}` : '';
    const { mark, words } = triggerSaid(migration, name);
    return `${markOf(mark, look)} ${words}${held}`;
  });
  return flow(items, '   ', look.width - 2).map((line) => `  ${line}`);
}

function questionOf(
  migration: KnownMigration,
  question: Question,
  look: RunLook,
): readonly string[] {
  const { decision, by, playbook, until, silence, because, trigger } = question;
  const name = `${migration.plan}/${decision}`;
  const left = stopwatch(until - look.now);
  const approved =
    question.approvedBy === undefined || question.approvedBy.length === 0
      ? ''
      : ` Approved by ${question.approvedBy.join(' and ')}; others are wanted too.`;
  const text = `${markOf('attention', look)} DECISION ${name}, asked of ${by}: ${playbook}, because trigger ${trigger}: ${because}.${approved} ${left} left; if nobody answers: ${silenceWords(silence, playbook)}.`;
  return [
    ...wrap(text, look.width, '  '),
    `    ${paint('cyan', `backout approve ${name}`, look)}   or   ${paint('cyan', `backout hold ${name} 10m`, look)}`,
  ];
}

function requestOf(
  migration: KnownMigration,
  request: RunRequest,
  look: RunLook,
): readonly string[] {
  const name = `${migration.plan}/${request.decision}`;
  const left = stopwatch(request.until - look.now);
  const text = `${markOf('attention', look)} APPROVAL ${name}: ${requestWords(request)}, because ${request.because}. ${approvedWords(request)}. ${left} left; else it is not started.`;
  return [
    ...wrap(text, look.width, '  '),
    `    ${paint('cyan', `backout approve ${name}`, look)}   (not by ${request.requester})`,
  ];
}

function reviewOf({ run, by, because, until }: OwedReview, look: RunLook): readonly string[] {
  const late = until <= look.now;
  const time = late
    ? `over by ${stopwatch(look.now - until)}`
    : `${stopwatch(until - look.now)} left`;
  const text = `${markOf(late ? 'bad' : 'attention', look)} REVIEW OWED of run ${run}: ${by} began it without its approvals, because ${because}. ${time}.`;
  return [
    ...wrap(text, look.width, '  '),
    `    ${paint('cyan', `backout run reviewed ${run} --because "…"`, look)}   (not by ${by})`,
  ];
}
