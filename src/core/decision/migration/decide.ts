// What a migration under watch answers to a command: events, or a rejection that says who came first.
import { type Context, type Decided, accept, reject } from '../../journal/aggregate.ts';
import { notYours } from './authority.ts';
import { answerQuestion, finish, order, tick } from './answers.ts';
import { closeReview, voidAll, withdraw } from './approving.ts';
import type { MigrationCommand } from './commands.ts';
import { Draft } from './draft.ts';
import type { MigrationEvent } from './events.ts';
import { record } from './record.ts';
import type { Migration } from './state.ts';
import { orderUndo } from './undo.ts';

/** The migration's answer. */
export function decide(
  command: MigrationCommand,
  migration: Migration,
  context: Context,
): Decided<MigrationEvent> {
  const refused = notYours(command, migration, context.actor);
  if (refused !== null) return refused;
  if (command.type === 'ArmPlan') return arm(command, migration, context);
  if (migration.type === 'none') {
    return reject(
      'plan-not-armed',
      'This plan is not watched yet: backout serve <plan> --phase <phase>.',
    );
  }
  const draft = new Draft(migration, context);
  switch (command.type) {
    case 'EnterPhase':
      if (migration.phase !== command.phase || !sameNames(migration.armed, command.armed)) {
        draft.add({ type: 'PhaseEntered', phase: command.phase, armed: command.armed });
      }
      return draft.accepted();
    case 'RecordChanges':
      for (const change of command.changes) record(draft, change, command.newRun);
      return draft.accepted();
    case 'OrderRun':
      return order(draft, command);
    case 'OrderUndo':
      return orderUndo(draft, command);
    case 'Approve':
    case 'Hold':
    case 'Dismiss':
      return answerQuestion(draft, command);
    case 'Withdraw':
      return withdraw(draft, command.decision);
    case 'CloseReview':
      return closeReview(draft, command);
    case 'FinishRun':
      return finish(draft, command);
    case 'Tick':
      return tick(draft, command.newRun);
  }
}

/** When a question's time is up, a hold is over or blindness is ignored no longer: epoch milliseconds. */
export function nextDeadline(migration: Migration): number | null {
  if (migration.type === 'none') return null;
  const times = [
    ...migration.questions.map((question) => question.until),
    ...migration.requests.map((request) => request.until),
    ...Object.values(migration.standing).flatMap(({ heldUntil, ignoredUntil }) => [
      ...(heldUntil === null ? [] : [heldUntil]),
      ...(ignoredUntil === null ? [] : [ignoredUntil]),
    ]),
  ];
  return times.length === 0 ? null : Math.min(...times);
}

function arm(
  command: MigrationCommand & { type: 'ArmPlan' },
  migration: Migration,
  context: Context,
): Decided<MigrationEvent> {
  const unchanged =
    migration.type === 'migration' &&
    migration.fingerprint === command.fingerprint &&
    migration.directory === command.directory;
  if (unchanged) return accept(context.actor, []);
  const armed: MigrationEvent = { ...command, type: 'PlanArmed' };
  if (migration.type === 'none' || migration.fingerprint === command.fingerprint)
    return accept(context.actor, [armed]);
  const draft = new Draft(migration, context);
  draft.add(armed);
  voidAll(draft);
  return draft.accepted();
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
