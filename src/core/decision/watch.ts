// The watch: folds readings into the states of rules and triggers, and tells only what changed.
import type { Json } from '../journal/event.ts';
import { type Condition, type Truth, judgeCondition, leavesOf } from './condition.ts';
import type { SignalStatus } from './detectors/detector.ts';
import { judgeRule, startRule } from './detectors/index.ts';
import type { SignalReading } from './sample.ts';
import type { Trigger, Verdict } from './trigger.ts';

/** What is remembered of one leaf. */
export interface LeafState {
  readonly detector: Json;
  readonly status: SignalStatus;
  /** The newest sample's type, to tell a source that is out from one that has nothing to say. */
  readonly sample: 'ok' | 'bad' | 'no-data' | 'error' | 'invalid';
  /** When it was judged last, by a reading or by the lack of one. */
  readonly judgedAt: number;
  readonly evidence: { readonly [key: string]: Json };
}

/** Everything that the watch remembers: plain JSON, kept by the store between nodes and restarts. */
export interface Watch {
  readonly leaves: { readonly [leaf: string]: LeafState };
  readonly verdicts: { readonly [trigger: string]: Verdict };
  /** The newest instant at which anything was judged. */
  readonly judgedAt: number | null;
}

/** A change worth an event. */
export type Change =
  | {
      readonly type: 'signal';
      readonly trigger: string;
      readonly leaf: string;
      readonly signal: string;
      readonly from: SignalStatus;
      readonly to: SignalStatus;
      readonly evidence: { readonly [key: string]: Json };
    }
  | {
      readonly type: 'verdict';
      readonly trigger: string;
      readonly verdict: Verdict;
      readonly evidence: Evidence;
    };

/** What every leaf of a trigger said when the verdict changed. */
export type Evidence = { readonly [leaf: string]: { readonly [key: string]: Json } };

/** A watch that has seen nothing. What nobody judged is not healthy; but it is not yet blind either. */
export const emptyWatch: Watch = { leaves: {}, verdicts: {}, judgedAt: null };

/**
 * Judges readings by every trigger whose signals they belong to. Instants come in order; `now` is the instant judged.
 * `triggers` are all that are armed: what is remembered of others is forgotten, so that a trigger that is armed again
 * begins anew. A verdict is told when it changes, and once when the watch begins to judge its trigger.
 */
export function judgeReadings(
  triggers: readonly Trigger[],
  watch: Watch,
  readings: Readings,
  now: number,
): { readonly watch: Watch; readonly changes: readonly Change[] } {
  const leaves: Record<string, LeafState> = {};
  const verdicts: Record<string, Verdict> = {};
  const changes: Change[] = [];
  const away = wasAway(triggers, watch, now);
  for (const trigger of triggers) {
    for (const leaf of leavesOf(trigger.when)) {
      const before = watch.leaves[leaf.leaf];
      const after = judgeLeaf(leaf, before, readings, away, now);
      leaves[leaf.leaf] = after;
      const from = before?.status ?? 'healthy';
      const { status, evidence } = after;
      if (from !== status) {
        changes.push({
          type: 'signal',
          trigger: trigger.name,
          leaf: leaf.leaf,
          signal: leaf.signal,
          from,
          to: status,
          evidence,
        });
      }
    }
    const verdict = verdictOf(trigger.when, leaves);
    const old = watch.verdicts[trigger.name];
    verdicts[trigger.name] = verdict;
    if (old === undefined || !same(old, verdict)) {
      changes.push({
        type: 'verdict',
        trigger: trigger.name,
        verdict,
        evidence: evidenceOf(trigger.when, leaves),
      });
    }
  }
  return { watch: { leaves, verdicts, judgedAt: Math.max(watch.judgedAt ?? now, now) }, changes };
}

type Readings = { readonly [signal: string]: SignalReading };

/** Judges a leaf by its reading; without one, time alone can make it blind: a signal that nobody reads is not healthy. */
function judgeLeaf(
  { rule, signal }: Condition & { type: 'rule' },
  before: LeafState | undefined,
  readings: Readings,
  away: boolean,
  now: number,
): LeafState {
  const reading = Object.hasOwn(readings, signal) ? readings[signal] : undefined;
  if (reading === undefined && before !== undefined && now - before.judgedAt < rule.blindAfterMs)
    return before;
  // Its absence is held against no signal: the time begins anew.
  if (reading === undefined && before !== undefined && away) return { ...before, judgedAt: now };
  const judged = judgeRule(rule, before?.detector ?? startRule(rule), reading ?? unread(now), now);
  return {
    detector: judged.state,
    status: judged.status,
    sample: judged.sample.type,
    judgedAt: now,
    evidence: judged.evidence,
  };
}

/** Nobody ran the watch: for longer than even the signal that is read most seldom may be silent. */
function wasAway(triggers: readonly Trigger[], { judgedAt }: Watch, now: number): boolean {
  if (judgedAt === null) return false;
  const silences = triggers.flatMap(({ when }) =>
    leavesOf(when).map(({ rule }) => rule.blindAfterMs),
  );
  return now - judgedAt >= Math.max(0, ...silences);
}

/** That nobody could read a signal says nothing of the migration: it is an error of the source, as far as we know. */
function unread(at: number): SignalReading {
  return { type: 'error', at, because: 'nobody has read it' };
}

/** The trigger's verdict by what its leaves say now. */
function verdictOf(condition: Condition, leaves: { readonly [leaf: string]: LeafState }): Verdict {
  const truth = judgeCondition(condition, (leaf) => truthOf(leaves[leaf]?.status));
  switch (truth) {
    case 'bad':
      return { type: 'breached', why: 'condition' };
    case 'unknown':
      return { type: 'blind', cause: isOut(condition, leaves) ? 'source-out' : 'no-data' };
    case 'good': {
      const suspect = leavesOf(condition).some((leaf) => leaves[leaf.leaf]?.status === 'suspect');
      return suspect ? { type: 'suspect' } : { type: 'healthy' };
    }
  }
}

/** Somebody could not be asked, or nobody can ask this yet: that is never data that is missing. */
function isOut(condition: Condition, leaves: { readonly [leaf: string]: LeafState }): boolean {
  switch (condition.type) {
    case 'rule': {
      const leaf = leaves[condition.leaf];
      return leaf?.status === 'blind' && leaf.sample === 'error';
    }
    case 'not-judged':
      return true;
    case 'at-least':
      return condition.of.some((member) => isOut(member, leaves));
  }
}

/** A breach that is clearing is still a breach. */
function truthOf(status: SignalStatus | undefined): Truth {
  switch (status) {
    case 'breached':
    case 'clearing':
      return 'bad';
    case 'healthy':
    case 'suspect':
      return 'good';
    case 'blind':
    case undefined:
      return 'unknown';
  }
}

function evidenceOf(
  condition: Condition,
  leaves: { readonly [leaf: string]: LeafState },
): Evidence {
  return Object.fromEntries(
    leavesOf(condition).map((leaf) => {
      const state = leaves[leaf.leaf];
      return [
        leaf.leaf,
        { signal: leaf.signal, status: state?.status ?? 'never read', ...state?.evidence },
      ];
    }),
  );
}

function same(a: Verdict, b: Verdict): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
