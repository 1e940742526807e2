// A migration under watch on a terminal: phase, triggers, and the questions that wait, with what happens when nobody answers.
import type { KnownMigration, Migration, Question } from '../../core/decision/migration/state.ts';
import { standingOf } from '../../core/decision/migration/state.ts';
import { cut, flow, wrap } from './lines.ts';
import { asciiOf, markOf, paint } from './marks.ts';
import type { RunLook } from './run.ts';
import { clockOf } from './time.ts';

/** The migration as lines, none wider than the terminal. */
export function renderMigration(migration: Migration, look: RunLook): readonly string[] {
  if (migration.type === 'none') return ['Not watched.'];
  const lines = [
    headOf(migration, look),
    ...triggersOf(migration, look),
    ...migration.questions.flatMap((question) => questionOf(migration, question, look)),
  ];
  return lines.map((line) => cut(look.ascii ? asciiOf(line) : line, look.width));
}

function headOf(migration: KnownMigration, look: RunLook): string {
  const phase = migration.phase === null ? 'in no phase' : `phase ${migration.phase}`;
  const run =
    migration.activeRun === null ? '' : `   ${markOf('at-work', look)} run ${migration.activeRun}`;
  return `${paint('bold', migration.plan, look)}  plan ${migration.fingerprint.slice(0, 6)}  ${phase}${run}`;
}

function triggersOf(migration: KnownMigration, look: RunLook): readonly string[] {
  if (migration.armed.length === 0) return ['  no trigger is armed'];
  const items = migration.armed.map((name) => {
    const { breach, blind, heldUntil } = standingOf(migration, name);
    const held =
      heldUntil !== null && heldUntil > look.now ? `, held ${clockOf(heldUntil - look.now)}` : '';
    if (breach !== null) return `${markOf('bad', look)} ${name} breached${held}`;
    if (blind) return `${markOf('unknown', look)} ${name} blind${held}`;
    return `${markOf('good', look)} ${name}`;
  });
  return flow(items, '   ', look.width - 2).map((line) => `  ${line}`);
}

const silences = { 'roll-back': 'ROLL BACK', hold: 'hold' } as const;

function questionOf(
  migration: KnownMigration,
  question: Question,
  look: RunLook,
): readonly string[] {
  const { decision, by, playbook, until, silence, because, trigger } = question;
  const name = `${migration.plan}/${decision}`;
  const left = clockOf(until - look.now);
  const text = `${markOf('attention', look)} DECISION ${name}, asked of ${by}: ${playbook}, because trigger ${trigger}: ${because}. ${left} left; if nobody answers: ${silences[silence]}.`;
  return [
    ...wrap(text, look.width, '  '),
    `    ${paint('cyan', `backout approve ${name}`, look)}   or   ${paint('cyan', `backout hold ${name} 10m`, look)}`,
  ];
}
