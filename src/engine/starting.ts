// The start of a run, as the append that stands beside the decision that ordered it.
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { KnownMigration } from '../core/decision/migration/state.ts';
import { authorityOf } from '../core/governance/authority.ts';
import type { Decided, Rejected } from '../core/journal/aggregate.ts';
import type { Append } from '../core/journal/journal.ts';
import type { StartRun } from '../core/rollback/commands.ts';
import { compileGraph } from '../core/rollback/compile.ts';
import type { Undoes } from '../core/rollback/events.ts';
import { runAggregate, runStream } from '../core/rollback/run.ts';
import { isNarrowed } from '../core/rollback/scope.ts';
import { resolveScope } from '../core/rollback/scoping.ts';
import type { Run } from '../core/rollback/state.ts';
import { compileUndo } from '../core/rollback/undo.ts';
import { backout } from './actor.ts';
import { jobsOf } from './jobs.ts';
import type { Streams } from './streams.ts';
import { planOf } from './systems.ts';

/** What starting leads to: an append, or why there can be no such run. */
export type Start = { readonly type: 'started'; readonly append: Append } | Rejected;

/**
 * Starts the run that a decision orders. It claims its target, so that no second run has it. `undone` is the run that is
 * undone, when the decision says so, and `orderedBy` the person who decided, when it was one.
 */
export function startRun(
  streams: Streams,
  migration: KnownMigration,
  decision: MigrationEvent & { type: 'DecisionMade' },
  now: number,
  undone?: Run,
  orderedBy?: string,
): Start {
  const command =
    decision.undoes === undefined
      ? rollback(migration, decision)
      : undo(migration, decision, decision.undoes, undone);
  if (command.type === 'rejected') return command;
  const ordered = orderedBy === undefined ? command : { ...command, orderedBy };
  const { run } = command;
  const before = { state: runAggregate.initial, seq: 0, at: 0, beyond: null };
  const decided = runAggregate.decide(ordered, before.state, { now, actor: backout });
  if (decided.type === 'rejected') return decided;
  const { after: _, ...own } = streams.appendOf(runAggregate, runStream(run), before, decided, now);
  const claim = `target/${migration.plan}`;
  return { type: 'started', append: { ...own, jobs: jobsOf(run, decided.events), claim } };
}

/** Nobody is asked to approve a run that could not begin; null when every run that is asked for could. */
export function flawOfRequest(
  migration: KnownMigration,
  decided: Decided<MigrationEvent> & { type: 'accepted' },
): Rejected | null {
  for (const { body } of decided.events) {
    if (body.type !== 'ApprovalWanted' || body.undoes !== undefined) continue;
    const scoping = resolveScope(planOf(migration.snapshot), body.playbook, body.scope);
    if (scoping.type === 'rejected') return scoping;
  }
  return null;
}

/** Who ordered it: the plan's name, and the number of the decision. */
function factsOf(
  migration: KnownMigration,
  decision: MigrationEvent & { type: 'DecisionMade' },
): Pick<StartRun, 'type' | 'run' | 'plan' | 'playbook' | 'kind' | 'because' | 'decision'> {
  return {
    type: 'StartRun',
    run: decision.run ?? 0,
    plan: migration.plan,
    playbook: decision.playbook,
    kind: decision.kind,
    because: decision.because,
    decision: `${migration.plan}/${decision.decision}`,
  };
}

function rollback(
  migration: KnownMigration,
  decision: MigrationEvent & { type: 'DecisionMade' },
): StartRun | Rejected {
  const plan = planOf(migration.snapshot);
  const scoping = resolveScope(plan, decision.playbook, decision.scope);
  if (scoping.type === 'rejected') return scoping;
  const { scope } = scoping;
  const { rto, rpo } = plan.objectives ?? {};
  return {
    ...factsOf(migration, decision),
    fingerprint: migration.fingerprint,
    graph: compileGraph(plan, decision.playbook, scope) ?? { nodes: [] },
    ...(isNarrowed(scope) ? { scope } : {}),
    authority: authorityOf(plan),
    objectives: {
      ...(rto === undefined ? {} : { rtoMs: rto }),
      ...(rpo === undefined ? {} : { rpoMs: rpo }),
    },
  };
}

/** An undo goes by the plan of the run that it undoes: there it finds the systems that were changed. */
function undo(
  migration: KnownMigration,
  decision: MigrationEvent & { type: 'DecisionMade' },
  undoes: Undoes,
  undone: Run | undefined,
): StartRun | Rejected {
  if (undone?.type !== 'run')
    return { type: 'rejected', code: 'no-such-run', because: `There is no run ${undoes.run}.` };
  const compiled = compileUndo(undone, undoes.from);
  if (compiled.type === 'refused') return { ...compiled, type: 'rejected' };
  return {
    ...factsOf(migration, decision),
    fingerprint: undone.fingerprint,
    graph: compiled.graph,
    authority: authorityOf(planOf(migration.snapshot)),
    objectives: {},
    undoes: compiled.undoes,
    ...(undone.scope === undefined ? {} : { scope: undone.scope }),
  };
}
