// The start of a run, as the append that stands beside the decision that ordered it.
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { KnownMigration } from '../core/decision/migration/state.ts';
import { authorityOf } from '../core/governance/authority.ts';
import type { Decided } from '../core/journal/aggregate.ts';
import type { Append } from '../core/journal/journal.ts';
import type { RunCommand } from '../core/rollback/commands.ts';
import { compileGraph } from '../core/rollback/compile.ts';
import { runAggregate, runStream } from '../core/rollback/run.ts';
import { isNarrowed } from '../core/rollback/scope.ts';
import { resolveScope } from '../core/rollback/scoping.ts';
import { backout } from './actor.ts';
import { jobsOf } from './jobs.ts';
import type { Streams } from './streams.ts';
import { planOf } from './systems.ts';

/** What starting leads to: an append, or why there can be no such run. */
export type Start =
  | { readonly type: 'started'; readonly append: Append }
  | (Decided<never> & { type: 'rejected' });

/** Starts the run that a decision orders. It claims its target, so that no second run has it. */
export function startRun(
  streams: Streams,
  migration: KnownMigration,
  decision: MigrationEvent & { type: 'DecisionMade' },
  now: number,
): Start {
  const plan = planOf(migration.snapshot);
  const scoping = resolveScope(plan, decision.playbook, decision.scope);
  if (scoping.type === 'rejected') return scoping;
  const { scope } = scoping;
  const run = decision.run ?? 0;
  const { rto, rpo } = plan.objectives ?? {};
  const command: RunCommand = {
    type: 'StartRun',
    run,
    plan: migration.plan,
    fingerprint: migration.fingerprint,
    playbook: decision.playbook,
    kind: decision.kind,
    because: decision.because,
    decision: `${migration.plan}/${decision.decision}`,
    graph: compileGraph(plan, decision.playbook, scope) ?? { nodes: [] },
    ...(isNarrowed(scope) ? { scope } : {}),
    authority: authorityOf(plan),
    objectives: {
      ...(rto === undefined ? {} : { rtoMs: rto }),
      ...(rpo === undefined ? {} : { rpoMs: rpo }),
    },
  };
  const before = { state: runAggregate.initial, seq: 0, at: 0, beyond: null };
  const decided = runAggregate.decide(command, before.state, { now, actor: backout });
  if (decided.type === 'rejected') return decided;
  const { after: _, ...own } = streams.appendOf(runAggregate, runStream(run), before, decided, now);
  const claim = `target/${migration.plan}`;
  return { type: 'started', append: { ...own, jobs: jobsOf(run, decided.events), claim } };
}
