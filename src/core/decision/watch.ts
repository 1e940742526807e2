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
  readonly sample: 'ok' | 'bad' | 'no-data' | 'error' | 'invalid' | 'none';
  readonly evidence: { readonly [key: string]: Json };
}

/** Everything that the watch remembers: plain JSON, kept by the store between nodes and restarts. */
export interface Watch {
  readonly leaves: { readonly [leaf: string]: LeafState };
  readonly verdicts: { readonly [trigger: string]: Verdict };
}

/** A change worth an event. */
export type Change =
  | { readonly type: 'signal'; readonly trigger: string; readonly leaf: string; readonly signal: string; readonly from: SignalStatus; readonly to: SignalStatus; readonly evidence: { readonly [key: string]: Json } }
  | { readonly type: 'verdict'; readonly trigger: string; readonly verdict: Verdict; readonly evidence: Evidence };

/** What every leaf of a trigger said when the verdict changed. */
export type Evidence = { readonly [leaf: string]: { readonly [key: string]: Json } };

/** A watch that has seen nothing. What nobody judged is not healthy; but it is not yet blind either. */
export const emptyWatch: Watch = { leaves: {}, verdicts: {} };

/** Judges readings by every trigger whose signals they belong to. Instants come in order; `now` is the instant judged. */
export function judgeReadings(
  triggers: readonly Trigger[],
  watch: Watch,
  readings: { readonly [signal: string]: SignalReading },
  now: number,
): { readonly watch: Watch; readonly changes: readonly Change[] } {
  const leaves: Record<string, LeafState> = { ...watch.leaves };
  const verdicts: Record<string, Verdict> = { ...watch.verdicts };
  const changes: Change[] = [];
  for (const trigger of triggers) {
    let touched = false;
    for (const leaf of leavesOf(trigger.when)) {
      const reading = Object.hasOwn(readings, leaf.signal) ? readings[leaf.signal] : undefined;
      if (reading === undefined) continue;
      touched = true;
      const before = leaves[leaf.leaf];
      const judged = judgeRule(leaf.rule, before?.detector ?? startRule(leaf.rule), reading, now);
      const { status, evidence } = judged;
      leaves[leaf.leaf] = { detector: judged.state, status, sample: judged.sample.type, evidence };
      const from = before?.status ?? 'healthy';
      if (from !== status) {
        changes.push({ type: 'signal', trigger: trigger.name, leaf: leaf.leaf, signal: leaf.signal, from, to: status, evidence });
      }
    }
    if (!touched) continue;
    const verdict = verdictOf(trigger.when, leaves);
    const old = verdicts[trigger.name] ?? { type: 'healthy' };
    verdicts[trigger.name] = verdict;
    if (!same(old, verdict)) {
      changes.push({ type: 'verdict', trigger: trigger.name, verdict, evidence: evidenceOf(trigger.when, leaves) });
    }
  }
  return { watch: { leaves, verdicts }, changes };
}

/** The trigger's verdict by what its leaves say now. */
export function verdictOf(condition: Condition, leaves: { readonly [leaf: string]: LeafState }): Verdict {
  const truth = judgeCondition(condition, (leaf) => truthOf(leaves[leaf]?.status));
  switch (truth) {
    case 'bad':
      return { type: 'breached', why: 'condition' };
    case 'unknown': {
      const out = leavesOf(condition).some((leaf) => leaves[leaf.leaf]?.status === 'blind' && leaves[leaf.leaf]?.sample === 'error');
      return { type: 'blind', cause: out ? 'source-out' : 'no-data' };
    }
    case 'good': {
      const suspect = leavesOf(condition).some((leaf) => leaves[leaf.leaf]?.status === 'suspect');
      return suspect ? { type: 'suspect' } : { type: 'healthy' };
    }
  }
}

/** A breach that is clearing is still a breach; a leaf that was never read says nothing bad yet. */
function truthOf(status: SignalStatus | undefined): Truth {
  switch (status) {
    case 'breached':
    case 'clearing':
      return 'bad';
    case 'blind':
      return 'unknown';
    case 'healthy':
    case 'suspect':
      return 'good';
    case undefined:
      return 'good';
  }
}

function evidenceOf(condition: Condition, leaves: { readonly [leaf: string]: LeafState }): Evidence {
  return Object.fromEntries(
    leavesOf(condition).map((leaf) => {
      const state = leaves[leaf.leaf];
      return [leaf.leaf, { signal: leaf.signal, status: state?.status ?? 'never read', ...state?.evidence }];
    }),
  );
}

function same(a: Verdict, b: Verdict): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
