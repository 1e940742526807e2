// Everything that can happen to a migration under watch: phases, signals, triggers, decisions. Stream `migration-<plan>`.
import type { Json } from '../../journal/event.ts';
import type { Outcome, RunKind, Undoes } from '../../rollback/events.ts';
import type { Scope } from '../../rollback/scope.ts';
import type { SignalStatus } from '../detectors/detector.ts';
import type { Answer, Trigger, TriggerMode } from '../trigger.ts';
import type { Evidence } from '../watch.ts';

/** What holds an automatic rollback back. Times are milliseconds. */
export interface Guards {
  /** After a run has ended, for so long no trigger starts another one by itself. */
  readonly cooldownMs: number;
  readonly atMost: { readonly count: number; readonly perMs: number } | null;
}

/** Why an approval, or the request for it, counts no more. */
export type WhyVoided = 'plan-changed' | 'overdue' | 'withdrawn' | 'refused' | 'replaced';

/** How a decision came about. */
export type How = 'automatic' | 'person' | 'silence';

export type MigrationEvent =
  /** The plan as it is watched from now on: the whole snapshot, secrets still as references. */
  | {
      readonly type: 'PlanArmed';
      readonly plan: string;
      readonly fingerprint: string;
      readonly snapshot: Json;
      /** Where relative paths of the plan start. */
      readonly directory: string;
      readonly triggers: readonly Trigger[];
      readonly guards: Guards;
    }
  /** From now on these triggers are judged; others rest. */
  | { readonly type: 'PhaseEntered'; readonly phase: string; readonly armed: readonly string[] }
  | {
      readonly type: 'SignalChanged';
      readonly trigger: string;
      readonly leaf: string;
      readonly signal: string;
      readonly from: SignalStatus;
      readonly to: SignalStatus;
      readonly evidence: { readonly [key: string]: Json };
    }
  | {
      readonly type: 'TriggerBreached';
      readonly trigger: string;
      readonly breach: number;
      readonly mode: TriggerMode;
      readonly evidence: Evidence;
    }
  | { readonly type: 'TriggerCleared'; readonly trigger: string; readonly breach: number }
  | {
      readonly type: 'TriggerBlinded';
      readonly trigger: string;
      readonly cause: 'no-data' | 'source-out';
      readonly evidence: Evidence;
    }
  | { readonly type: 'TriggerSighted'; readonly trigger: string }
  /** The trigger would have acted; its mode says only to tell (advise) or to keep score (shadow). */
  | {
      readonly type: 'TriggerAdvised';
      readonly trigger: string;
      readonly breach: number;
      readonly mode: 'advise' | 'shadow';
    }
  | {
      readonly type: 'DecisionWanted';
      readonly decision: number;
      readonly trigger: string;
      readonly playbook: string;
      /** The role that is asked. */
      readonly by: string;
      readonly until: number;
      /** What happens if nobody answers. */
      readonly silence: 'roll-back' | 'hold';
      readonly because: string;
      readonly evidence: Evidence;
    }
  | {
      readonly type: 'DecisionMade';
      readonly decision: number;
      readonly answer: Answer;
      readonly how: How;
      readonly because: string;
      readonly playbook: string;
      readonly trigger: string | null;
      readonly evidence: Evidence;
      /** For roll-back and undo: the run that this decision orders. */
      readonly run: number | null;
      readonly kind: RunKind;
      /** What a person wants to go back; left out when that is all that the playbook restores. */
      readonly scope?: Scope;
      /** For undo: the run that is undone. */
      readonly undoes?: Undoes;
      /** Who asked for it, where others had to approve. */
      readonly requester?: string;
      /** Who approved it, in their order. */
      readonly approvedBy?: readonly string[];
      /** What spared it the approvals: `pre-approved by ada until …`. */
      readonly envelope?: string;
      /** It was begun without the approvals that it wanted. */
      readonly glassBroken?: boolean;
      /** For hold: asked again then, if the breach is still there. */
      readonly until: number | null;
    }
  /** A person wants a run that others must approve first; `actor` is who wants it, and never counts. */
  | {
      readonly type: 'ApprovalWanted';
      /** Numbered as decisions are: with its last approval it is made. */
      readonly decision: number;
      readonly playbook: string;
      readonly kind: RunKind;
      readonly because: string;
      readonly scope?: Scope;
      /** The run that is to be undone; left out for a rollback. */
      readonly undoes?: Undoes;
      /** The plan that is approved; another one voids it. */
      readonly fingerprint: string;
      /** How many others must approve. */
      readonly wanted: number;
      /** Then it is not started. */
      readonly until: number;
    }
  | { readonly type: 'ApprovalGiven'; readonly decision: number; readonly because?: string }
  /** Somebody took their own approval back. */
  | { readonly type: 'ApprovalWithdrawn'; readonly decision: number }
  /** What was asked for is off; of a trigger's question only the approvals are. */
  | {
      readonly type: 'ApprovalVoided';
      readonly decision: number;
      readonly why: WhyVoided;
      readonly because: string;
    }
  /** A run was begun without its approvals; somebody else than `actor` reviews it until then. */
  | { readonly type: 'ReviewOwed'; readonly run: number; readonly until: number }
  | { readonly type: 'ReviewGiven'; readonly run: number; readonly because: string }
  /** Somebody or something else decided before this question was answered. */
  | { readonly type: 'DecisionOvertaken'; readonly decision: number; readonly by: number }
  /** The time of a hold is over; if the breach is still there, the question comes again. */
  | { readonly type: 'HoldEnded'; readonly trigger: string }
  | {
      readonly type: 'RunFinished';
      readonly run: number;
      readonly outcome: Outcome;
      /** What is still breached or blind after a verified run is held until then, and asks again if it is there still. */
      readonly askAgainAt?: number;
      /** How many steps it changed or may have changed; left out in older journals. */
      readonly changed?: number;
    };

/** Every type of event that this version knows: what is not listed was written by a newer one. */
export const migrationEventTypes = {
  PlanArmed: true,
  PhaseEntered: true,
  SignalChanged: true,
  TriggerBreached: true,
  TriggerCleared: true,
  TriggerBlinded: true,
  TriggerSighted: true,
  TriggerAdvised: true,
  DecisionWanted: true,
  DecisionMade: true,
  ApprovalWanted: true,
  ApprovalGiven: true,
  ApprovalWithdrawn: true,
  ApprovalVoided: true,
  ReviewOwed: true,
  ReviewGiven: true,
  DecisionOvertaken: true,
  HoldEnded: true,
  RunFinished: true,
} as const satisfies Record<MigrationEvent['type'], true>;
