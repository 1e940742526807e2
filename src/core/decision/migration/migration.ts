// The migration under watch as an aggregate of the journal: stream `migration-<plan>`.
import type { Aggregate } from '../../journal/aggregate.ts';
import type { Json } from '../../journal/event.ts';
import type { MigrationCommand } from './commands.ts';
import { decide, nextDeadline } from './decide.ts';
import { type MigrationEvent, migrationEventTypes } from './events.ts';
import { evolve } from './evolve.ts';
import type { KnownMigration, Migration } from './state.ts';

/** A migration under watch: commands in, events out. */
export const migrationAggregate: Aggregate<Migration, MigrationCommand, MigrationEvent> = {
  kind: 'migration',
  initial: { type: 'none' },
  eventTypes: migrationEventTypes,
  decide,
  evolve,
  deadline: nextDeadline,
  summarise,
};

/** The stream of a plan's migration. */
export function migrationStream(plan: string): string {
  return `migration-${plan}`;
}

/** One line of the list of migrations. */
export interface MigrationSummary {
  readonly plan: string;
  readonly fingerprint: string;
  readonly phase: string | null;
  readonly activeRun: number | null;
  readonly breached: readonly string[];
  readonly blind: readonly string[];
  /** Open decisions, by number. */
  readonly waiting: readonly number[];
  /** Runs that wait for approvals, by the number of their decision; left out when there is none. */
  readonly approving?: readonly number[];
  /** Runs whose review is owed; left out when there is none. */
  readonly reviews?: readonly { readonly run: number; readonly until: number }[];
}

function summarise(migration: Migration): Json {
  return migration.type === 'none' ? null : { ...summaryOf(migration) };
}

/** The migration in short. */
function summaryOf(migration: KnownMigration): MigrationSummary {
  const { plan, fingerprint, phase, activeRun } = migration;
  const standing = Object.entries(migration.standing);
  return {
    plan,
    fingerprint,
    phase,
    activeRun,
    breached: standing.filter(([, each]) => each.breach !== null).map(([name]) => name),
    blind: standing.filter(([, each]) => each.blind).map(([name]) => name),
    waiting: migration.questions.map((question) => question.decision),
    ...(migration.requests.length === 0
      ? {}
      : { approving: migration.requests.map((request) => request.decision) }),
    ...(migration.reviews.length === 0
      ? {}
      : { reviews: migration.reviews.map(({ run, until }) => ({ run, until })) }),
  };
}
