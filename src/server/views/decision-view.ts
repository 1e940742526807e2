// A decision as people see it: what happened, how sure, what happens if nobody answers, and what each answer does.
import type { MigrationEvent } from '../../core/decision/migration/events.ts';
import type { KnownMigration, RunRequest } from '../../core/decision/migration/state.ts';
import { signalMark, triggerSaid } from '../../core/decision/migration/told.ts';
import type { Evidence } from '../../core/decision/watch.ts';
import type { JournalEvent, Json } from '../../core/journal/event.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { compileGraph } from '../../core/rollback/compile.ts';
import { tellScoping } from '../../core/rollback/scope-told.ts';
import { resolveScope } from '../../core/rollback/scoping.ts';
import type { Durations } from '../../core/rollback/durations.ts';
import { tellOutlook } from '../../core/rollback/forecast-told.ts';
import { forecast } from '../../core/rollback/forecast.ts';
import type { Graph } from '../../core/rollback/graph.ts';
import { planOf } from '../../engine/office.ts';
import type { Mark, Said } from '../../core/words/marks.ts';
import { plain } from '../../core/words/phrases.ts';
import { signalSeen, textIn } from '../../core/words/values.ts';

/** A decision, ready to be shown. */
export interface DecisionView {
  readonly plan: string;
  readonly title: string;
  readonly decision: number;
  readonly trigger: string | null;
  readonly playbook: string;
  readonly because: string;
  readonly askedAt: number | null;
  readonly by: string | null;
  readonly evidence: readonly EvidenceLine[];
  /** How the other triggers stand. */
  readonly others: readonly Said[];
  /** What goes back and why, and what is left out; empty when all of it goes back. */
  readonly scope: readonly Said[];
  /** What rolling back would do, step by step. */
  readonly steps: readonly string[];
  readonly rtoMs: number | null;
  /** How long rolling back takes, foreseen from past runs. */
  readonly takes: string;
  readonly state: DecisionState;
  /** Place of the newest event that it was made from. */
  readonly seq: number;
}

/** Whether it waits, was made, or became moot. */
export type DecisionState =
  | {
      readonly type: 'open';
      readonly until: number;
      readonly silence: 'roll-back' | 'hold';
      /** Where more approvals than one are wanted: who has given theirs. */
      readonly approvedBy: readonly string[];
    }
  /** A run that somebody wants, and others must approve. */
  | { readonly type: 'approving'; readonly request: RunRequest }
  /** It is approved no more. */
  | { readonly type: 'voided'; readonly at: number; readonly because: string }
  | {
      readonly type: 'made';
      readonly answer: string;
      readonly who: string;
      readonly how: string;
      readonly at: number;
      readonly because: string;
      readonly run: number | null;
      readonly until: number | null;
    }
  | { readonly type: 'overtaken'; readonly by: number; readonly at: number };

/** What one signal says. */
export interface EvidenceLine extends Said {
  /** When it was measured; null when nobody knows. */
  readonly at: number | null;
  /** Where it was measured. */
  readonly from: string | null;
}

/** The decision by its number, from the migration and its events; undefined when there is none. */
export function decisionView(
  migration: KnownMigration,
  events: readonly JournalEvent[],
  decision: number,
  durations: Durations,
): DecisionView | undefined {
  // The cast holds because these are the events of this migration's stream.
  const own = events as readonly JournalEvent<MigrationEvent>[];
  const wanted = bodyOf(own, 'DecisionWanted', decision);
  const made = bodyOf(own, 'DecisionMade', decision);
  const request = bodyOf(own, 'ApprovalWanted', decision);
  const asked =
    wanted?.body ?? made?.body ?? (request && { ...request.body, trigger: null, evidence: {} });
  if (asked === undefined) return undefined;
  const state = stateOf(migration, own, decision);
  if (state === undefined) return undefined;
  const plan = planOf(migration.snapshot);
  const scoping = resolveScope(plan, asked.playbook, 'scope' in asked ? asked.scope : undefined);
  const scoped = scoping.type === 'scoped' ? scoping : undefined;
  const graph = compileGraph(plan, asked.playbook, scoped?.scope) ?? { nodes: [] };
  return {
    plan: migration.plan,
    title: plan.title ?? migration.plan,
    decision,
    trigger: asked.trigger,
    playbook: asked.playbook,
    because: asked.because,
    askedAt: wanted?.at ?? request?.at ?? null,
    by: wanted?.body.by ?? null,
    evidence: evidenceLines(evidenceOf(own, asked), plan),
    others: othersOf(migration, asked.trigger),
    scope: scoped === undefined ? [] : tellScoping(scoped),
    steps: graph.nodes.map((node) => node.id),
    rtoMs: plan.objectives?.rto ?? null,
    takes: takesOf(graph, durations, plan.objectives?.rto),
    state,
    seq: events.at(-1)?.seq ?? 0,
  };
}

function takesOf(graph: Graph, durations: Durations, rtoMs: number | undefined): string {
  return tellOutlook(forecast({ graph, durations, rtoMs, now: 0 }));
}

type Of<Type> = MigrationEvent & { type: Type };

function bodyOf<
  Type extends
    | 'DecisionWanted'
    | 'DecisionMade'
    | 'DecisionOvertaken'
    | 'ApprovalWanted'
    | 'ApprovalVoided',
>(
  events: readonly JournalEvent<MigrationEvent>[],
  type: Type,
  decision: number,
): JournalEvent<Of<Type>> | undefined {
  // The cast holds by the test beside it.
  return events.findLast(
    ({ body }) => body.type === type && 'decision' in body && body.decision === decision,
  ) as JournalEvent<Of<Type>> | undefined;
}

function stateOf(
  migration: KnownMigration,
  events: readonly JournalEvent<MigrationEvent>[],
  decision: number,
): DecisionState | undefined {
  const made = bodyOf(events, 'DecisionMade', decision);
  if (made !== undefined) {
    const { answer, how, because, run, until } = made.body;
    return {
      type: 'made',
      answer: plain(answer),
      how,
      who: made.actor.name,
      at: made.at,
      because,
      run,
      until,
    };
  }
  const overtaken = bodyOf(events, 'DecisionOvertaken', decision);
  if (overtaken !== undefined)
    return { type: 'overtaken', by: overtaken.body.by, at: overtaken.at };
  const request = migration.requests.find((each) => each.decision === decision);
  if (request !== undefined) return { type: 'approving', request };
  const wanted = bodyOf(events, 'DecisionWanted', decision);
  if (wanted === undefined) {
    const voided = bodyOf(events, 'ApprovalVoided', decision);
    return voided && { type: 'voided', at: voided.at, because: voided.body.because };
  }
  const { until, silence } = wanted.body;
  const question = migration.questions.find((each) => each.decision === decision);
  return { type: 'open', until, silence, approvedBy: question?.approvedBy ?? [] };
}

/** A question that comes again after a hold has no evidence of its own: then that of the breach stands. */
function evidenceOf(
  events: readonly JournalEvent<MigrationEvent>[],
  asked: { readonly trigger: string | null; readonly evidence: Evidence },
): Evidence {
  if (Object.keys(asked.evidence).length > 0) return asked.evidence;
  const before = events.findLast(
    ({ body }) =>
      (body.type === 'TriggerBreached' || body.type === 'TriggerBlinded') &&
      body.trigger === asked.trigger,
  )?.body;
  return before !== undefined && 'evidence' in before ? (before.evidence as Evidence) : {};
}

/** What each signal said when it was asked, in words. */
export function evidenceLines(evidence: Evidence, plan: Plan): readonly EvidenceLine[] {
  return Object.entries(evidence).map(([leaf, seen]) => {
    const name = textIn(seen, 'signal') ?? leaf;
    const signal = Object.hasOwn(plan.signals, name) ? plan.signals[name] : undefined;
    const at = typeof seen['at'] === 'number' ? seen['at'] : null;
    return {
      mark: markOf(seen['status']),
      words: `${signalSeen(leaf, seen, signal?.unit)}: ${textIn(seen, 'status') ?? 'never read'}`,
      at,
      from: signal?.from ?? null,
    };
  });
}

function markOf(status: Json | undefined): Mark {
  const known = ['healthy', 'suspect', 'breached', 'clearing', 'blind'] as const;
  const found = known.find((each) => each === status);
  return found === undefined ? 'unknown' : signalMark(found);
}

function othersOf(migration: KnownMigration, trigger: string | null): readonly Said[] {
  return migration.armed
    .filter((name) => name !== trigger)
    .map((name) => triggerSaid(migration, name));
}
