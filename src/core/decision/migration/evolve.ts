// How each event changes a migration under watch. Total: never throws, ignores what it does not know.
import { approvalRulesOf } from '../../governance/approvals.ts';
import { samePerson } from '../../governance/same-person.ts';
import type { JournalEvent } from '../../journal/event.ts';
import { planIn } from './authority.ts';
import type { MigrationEvent } from './events.ts';
import { type KnownMigration, type Migration, type TriggerState, standingOf } from './state.ts';

const DECISIONS_KEPT = 20;
const RUNS_KEPT = 100;

/** The migration after this event. */
export function evolve(migration: Migration, event: JournalEvent<MigrationEvent>): Migration {
  const { body } = event;
  if (body.type === 'PlanArmed') {
    const { type: _, ...plan } = body;
    if (migration.type === 'none') return { ...fresh, ...plan, type: 'migration' };
    return {
      ...migration,
      ...plan,
      loosened: loosenedBy(migration, plan, event.actor.name),
      standing: only(
        migration.standing,
        plan.triggers.map((trigger) => trigger.name),
      ),
    };
  }
  return migration.type === 'none' ? migration : evolveKnown(migration, body, event);
}

/** A version that wants fewer approvals is no reason for whoever armed it; once somebody else armed one, it stands. */
function loosenedBy(
  before: KnownMigration,
  after: Pick<KnownMigration, 'snapshot'>,
  by: string,
): KnownMigration['loosened'] {
  const own = before.loosened !== null && samePerson(before.loosened.by, by);
  const had = Math.max(approvalRulesOf(planIn(before)).run, own ? (before.loosened?.run ?? 0) : 0);
  return approvalRulesOf(planIn(after)).run < had ? { by, run: had } : null;
}

const fresh = {
  phase: null,
  armed: [],
  standing: {},
  breaches: 0,
  decisions: 0,
  questions: [],
  requests: [],
  reviews: [],
  loosened: null,
  made: [],
  overtaken: [],
  activeRun: null,
  activeKind: null,
  activeUndoes: null,
  past: [],
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
      return {
        ...migration,
        phase: body.phase,
        armed: body.armed,
        standing: only(migration.standing, body.armed),
      };
    case 'SignalChanged':
    case 'TriggerAdvised':
      return migration;
    case 'TriggerBreached':
      return stand({ ...migration, breaches: body.breach }, body.trigger, {
        ...sighted,
        breach: body.breach,
        evidence: body.evidence,
      });
    case 'TriggerCleared':
      return stand(migration, body.trigger, { breach: null });
    case 'TriggerBlinded':
      return stand(migration, body.trigger, {
        blind: true,
        cause: body.cause,
        ignoredUntil: ignoredUntil(migration, body.trigger, event.at),
        evidence: body.evidence,
      });
    case 'TriggerSighted':
      return stand(migration, body.trigger, sighted);
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
    case 'ApprovalWanted': {
      const { type: _, ...request } = body;
      const own = { requester: event.actor.name, approvedBy: [], askedAt: event.at };
      return {
        ...migration,
        decisions: Math.max(migration.decisions, body.decision),
        requests: [...migration.requests, { ...request, ...own }],
      };
    }
    case 'ApprovalGiven':
      return approving(migration, body.decision, (by) => [...by, event.actor.name]);
    case 'ApprovalWithdrawn':
      return approving(migration, body.decision, (by) =>
        by.filter((each) => !samePerson(each, event.actor.name)),
      );
    case 'ApprovalVoided':
      return {
        ...approving(migration, body.decision, () => []),
        requests: withoutRequest(migration, body.decision),
      };
    case 'ReviewOwed': {
      const because = migration.made.find((each) => each.run === body.run)?.because ?? '';
      const { run, until } = body;
      const owed = { run, until, by: event.actor.name, because, since: event.at };
      return { ...migration, reviews: [...migration.reviews, owed] };
    }
    case 'ReviewGiven':
      return { ...migration, reviews: migration.reviews.filter((each) => each.run !== body.run) };
    case 'DecisionOvertaken':
      return {
        ...migration,
        questions: without(migration, body.decision),
        requests: withoutRequest(migration, body.decision),
        overtaken: [{ decision: body.decision, by: body.by }, ...migration.overtaken].slice(
          0,
          DECISIONS_KEPT,
        ),
      };
    case 'HoldEnded':
      return stand(migration, body.trigger, { heldUntil: null });
    case 'RunFinished':
      return finished(migration, body, event.at);
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
    requests: withoutRequest(migration, decision),
    made: [record, ...migration.made].slice(0, DECISIONS_KEPT),
    ...(run === null
      ? {}
      : {
          activeRun: run,
          activeKind: body.kind,
          activeUndoes: body.undoes ?? null,
          // What leads forward again is no rollback, and counts for no limit on rollbacks.
          runsBeganAt:
            body.kind === 'live' && body.undoes?.leads !== 'forward'
              ? [event.at, ...migration.runsBeganAt].slice(0, RUNS_KEPT)
              : migration.runsBeganAt,
        }),
  };
  return body.trigger === null ? decided : stand(decided, body.trigger, { heldUntil: body.until });
}

function finished(
  migration: KnownMigration,
  body: MigrationEvent & { type: 'RunFinished' },
  at: number,
): KnownMigration {
  if (migration.activeRun !== body.run) return migration;
  const { activeKind, activeUndoes, lastRunEndedAt } = migration;
  const past = { run: body.run, outcome: body.outcome, undoes: activeUndoes };
  const ended = {
    ...migration,
    activeRun: null,
    activeKind: null,
    activeUndoes: null,
    // An older journal does not say what was changed; then something may have been.
    past:
      body.changed === 0 && activeUndoes === null
        ? migration.past
        : [past, ...migration.past].slice(0, RUNS_KEPT),
    lastRunEndedAt: activeKind === 'live' ? at : lastRunEndedAt,
  };
  const until = body.askAgainAt;
  return until === undefined ? ended : { ...ended, standing: heldAll(migration.standing, until) };
}

/** What is breached or blind is held at least until then. */
function heldAll(standing: KnownMigration['standing'], until: number): KnownMigration['standing'] {
  return Object.fromEntries(
    Object.entries(standing).map(([name, each]) => {
      const stands = each.breach !== null || each.blind;
      return [name, stands ? { ...each, heldUntil: Math.max(each.heldUntil ?? 0, until) } : each];
    }),
  );
}

const sighted = { blind: false, cause: null, ignoredUntil: null } as const;

/** Blindness that is ignored until a date is ignored no longer than that; null when it counts. */
function ignoredUntil(migration: KnownMigration, trigger: string, at: number): number | null {
  const blind = migration.triggers.find((each) => each.name === trigger)?.blind;
  return blind?.type === 'ignore' && at < blind.until ? blind.until : null;
}

/** Where these triggers stand; others rest, and begin anew when they are armed again. */
function only(
  standing: KnownMigration['standing'],
  names: readonly string[],
): KnownMigration['standing'] {
  return Object.fromEntries(Object.entries(standing).filter(([name]) => names.includes(name)));
}

function without(migration: KnownMigration, decision: number): KnownMigration['questions'] {
  return migration.questions.filter((question) => question.decision !== decision);
}

function withoutRequest(migration: KnownMigration, decision: number): KnownMigration['requests'] {
  return migration.requests.filter((request) => request.decision !== decision);
}

/** Who has approved this decision now, be it a request or a trigger's question. */
function approving(
  migration: KnownMigration,
  decision: number,
  how: (by: readonly string[]) => readonly string[],
): KnownMigration {
  return {
    ...migration,
    requests: migration.requests.map((each) =>
      each.decision === decision ? { ...each, approvedBy: how(each.approvedBy) } : each,
    ),
    questions: migration.questions.map((each) =>
      each.decision === decision ? { ...each, approvedBy: how(each.approvedBy ?? []) } : each,
    ),
  };
}

function stand(
  migration: KnownMigration,
  trigger: string,
  change: Partial<TriggerState>,
): KnownMigration {
  return {
    ...migration,
    standing: {
      ...migration.standing,
      [trigger]: { ...standingOf(migration, trigger), ...change },
    },
  };
}
