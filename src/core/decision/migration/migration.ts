// The migration under watch as an aggregate of the journal: stream `migration-<plan>`.
import type { Aggregate } from '../../journal/aggregate.ts';
import type { Json } from '../../journal/event.ts';
import type { MigrationCommand } from './commands.ts';
import { decide, nextDeadline } from './decide.ts';
import type { MigrationEvent } from './events.ts';
import { evolve } from './evolve.ts';
import type { Migration } from './state.ts';

/** A migration under watch: commands in, events out. */
export const migrationAggregate: Aggregate<Migration, MigrationCommand, MigrationEvent> = {
  kind: 'migration',
  initial: { type: 'none' },
  decide,
  evolve,
  deadline: nextDeadline,
  summarise,
};

/** The stream of a plan's migration. */
export function migrationStream(plan: string): string {
  return `migration-${plan}`;
}

/** The migration in short, for lists. */
function summarise(migration: Migration): Json {
  if (migration.type === 'none') return null;
  const { plan, fingerprint, phase, activeRun } = migration;
  return {
    plan,
    fingerprint,
    phase,
    activeRun,
    breached: Object.entries(migration.standing).filter(([, each]) => each.breach !== null).map(([name]) => name),
    blind: Object.entries(migration.standing).filter(([, each]) => each.blind).map(([name]) => name),
    waiting: migration.questions.map((question) => question.decision),
  };
}
