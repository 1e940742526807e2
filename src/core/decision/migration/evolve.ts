// How each event changes a migration under watch. Total: never throws, ignores what it does not know.
import type { JournalEvent } from '../../journal/event.ts';
import type { MigrationEvent } from './events.ts';
import { type KnownMigration, type Migration, type TriggerState, standingOf } from './state.ts';

const DECISIONS_KEPT = 20;
const RUNS_KEPT = 100;

/** The migration after this event. */
export function evolve(migration: Migration, event: JournalEvent<MigrationEvent>): Migration {
  const { body } = event;
  if (body.type === 'PlanArmed') {
    const { type: _, ...plan } = body;
    return migration.type === 'none' ? { ...fresh, ...plan, type: 'migration' } : { ...migration, ...plan };
  }
  return migration.type === 'none' ? migration : evolveKnown(migration, body, event);
}

const fresh = {
  phase: null,
  armed: [],
  standing: {},
  breaches: 0,
  decisions: 0,
  questions: [],
  made: [],
  activeRun: null,
  lastRunEndedAt: null,
  runsBeganAt: [],
} as const;

function evolveKnown(
  migration: KnownMigration,
  body: Exclude<MigrationEvent, { type: 'PlanArmed' }>,
  event: JournalEvent<MigrationEvent>,
): Migration {
  switch (body.type) {
    case 'PhaseEntered':
      return { ...migration, phase: body.phase, armed: body.armed };
    case 'SignalChanged':
    case 'TriggerAdvised':
      return migration;
    case 'TriggerBreached':
      return stand({ ...migration, breaches: body.breach }, body.trigger, { breach: body.breach, blind: false });
    case 'TriggerCleared':
      return stand(migration, body.trigger, { breach: null });
    case 'TriggerBlinded':
      return stand(migration, body.trigger, { blind: true });
    case 'TriggerSighted':
      return stand(migration, body.trigger, { blind: false });
    case 'DecisionWanted': {
      const { type: _, ...question } = body;
      return {
        ...migration,
        decisions: Math.max(migration.decisions, body.decision),
        questions: [...migration.questions, { ...question, askedAt: event.at }],
      };
    }
    case 'DecisionMade':
      return made(migration, body, event);
    case 'DecisionOvertaken':
      return { ...migration, questions: without(migration, body.decision) };
    case 'HoldEnded':
      return stand(migration, body.trigger, { heldUntil: null });
    case 'RunFinished':
      return {
        ...migration,
        activeRun: migration.activeRun === body.run ? null : migration.activeRun,
        lastRunEndedAt: event.at,
      };
    default:
      return ignored(migration, body);
  }
}

/** Reached only by events of a newer Backout: the `never` lets the compiler see that none of ours is forgotten. */
function ignored(migration: KnownMigration, _body: never): Migration {
  return migration;
}

function made(
  migration: KnownMigration,
  body: MigrationEvent & { type: 'DecisionMade' },
  event: JournalEvent<MigrationEvent>,
): Migration {
  const { decision, answer, how, run, because } = body;
  const record = { decision, answer, how, who: event.actor.name, at: event.at, run, because };
  const decided: KnownMigration = {
    ...migration,
    decisions: Math.max(migration.decisions, decision),
    questions: without(migration, decision),
    made: [record, ...migration.made].slice(0, DECISIONS_KEPT),
    ...(run === null
      ? {}
      : { activeRun: run, runsBeganAt: [event.at, ...migration.runsBeganAt].slice(0, RUNS_KEPT) }),
  };
  return body.trigger === null ? decided : stand(decided, body.trigger, { heldUntil: body.until });
}

function without(migration: KnownMigration, decision: number): KnownMigration['questions'] {
  return migration.questions.filter((question) => question.decision !== decision);
}

function stand(migration: KnownMigration, trigger: string, change: Partial<TriggerState>): KnownMigration {
  return {
    ...migration,
    standing: { ...migration.standing, [trigger]: { ...standingOf(migration, trigger), ...change } },
  };
}
