// Who may order what of a migration: by the roles of the plan that is armed, never of the one that is brought.
import { type Authority, authorityOf } from '../../governance/authority.ts';
import { refusalOf } from '../../governance/enforce.ts';
import type { Act } from '../../governance/may-do.ts';
import type { Actor } from '../../journal/event.ts';
import type { Plan } from '../../plan/plan.ts';
import type { MigrationCommand } from './commands.ts';
import type { KnownMigration, Migration } from './state.ts';

/** What the armed plan says of who may do what. */
export function authorityIn(armed: Pick<KnownMigration, 'snapshot'>): Authority {
  return authorityOf(planIn(armed));
}

/** The plan that is armed. */
export function planIn({ snapshot }: Pick<KnownMigration, 'snapshot'>): Partial<Plan> {
  // The cast holds because a snapshot is a plan; a part that is not there was not declared.
  return snapshot as unknown as Partial<Plan>;
}

/** Why this person may not; null when they may. */
export function notYours(command: MigrationCommand, migration: Migration, actor: Actor) {
  const act = actOf(command, migration);
  if (act === null) return null;
  // The first plan of a migration is judged by its own roles: there are no others yet.
  const plan = migration.type === 'migration' ? migration : command;
  return 'snapshot' in plan ? refusalOf(authorityIn(plan), actor, act) : null;
}

function actOf(command: MigrationCommand, migration: Migration): Act | null {
  switch (command.type) {
    case 'ArmPlan':
      return { type: 'arm the plan' };
    case 'EnterPhase':
      return { type: 'enter a phase' };
    case 'OrderRun':
      return { type: 'order a run' };
    case 'OrderUndo':
      return { type: 'undo the run', roles: command.roles };
    case 'Approve':
    case 'Hold':
    case 'Dismiss':
      return answering(command, migration);
    // Judged where it is known whose approval or review it is.
    case 'Withdraw':
    case 'CloseReview':
    case 'RecordChanges':
    case 'FinishRun':
    case 'Tick':
      return null;
  }
}

/** What is not asked is refused for that, and not for the role. */
function answering(
  { type, decision }: MigrationCommand & { type: 'Approve' | 'Hold' | 'Dismiss' },
  migration: Migration,
): Act | null {
  if (migration.type === 'none') return null;
  const { questions, requests } = migration;
  if (decision === undefined && requests.length > 0) return null;
  const [question, second] =
    decision === undefined ? questions : questions.filter((each) => each.decision === decision);
  if (question === undefined || second !== undefined) return null;
  // The first yes is the answer; where the plan wants more, the others approve it.
  const answered = type === 'Approve' && (question.approvedBy ?? []).length > 0;
  return answered
    ? { type: 'approve the run', not: [] }
    : { type: 'answer the decision', role: question.by };
}
