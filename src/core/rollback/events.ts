// Everything that can happen in a run. Noun, then past verb; plain JSON; never changed once released, only added to.
import type { Authority } from '../governance/authority.ts';
import type { Json } from '../journal/event.ts';
import type { Reaction } from '../plan/plan.ts';
import type { Graph } from './graph.ts';
import type { Scope } from './scope.ts';

/** Why an attempt failed; the same words as in the connector contract. */
export type ErrorClass =
  | 'cannot-reach'
  | 'not-allowed'
  | 'target-mismatch'
  | 'timed-out'
  | 'refused'
  | 'verification-failed'
  | 'cancelled';

/** What kind of run this is: only a live run counts as a rollback. */
export type RunKind = 'live' | 'drill' | 'simulation';

/** How a run ended. */
export type Outcome =
  | 'rolled-back-verified'
  | 'rolled-back-not-verified'
  /** The run undid another one, and the checks of the undo held. */
  | 'undone-verified'
  | 'undone-not-verified'
  | 'aborted';

/** The run that a run undoes: all of it, or one step and what came after it. */
export interface Undoes {
  readonly run: number;
  readonly from?: string;
  /** An undo of a rollback leads forward, to where the migration was; an undo of that leads back again. */
  readonly leads: 'forward' | 'back';
}

/** How a step came to be done: `passed` is a checkpoint's or the verification's, which change nothing. */
export type Done = 'already-so' | 'applied' | 'by-hand' | 'passed';

/** An attempt's result, kept even when it comes too late to count. */
export type AttemptResult =
  | { readonly type: 'holds'; readonly evidence: Json }
  | { readonly type: 'applied'; readonly receipt: Json }
  | { readonly type: 'failed'; readonly class: ErrorClass; readonly because: string };

export type RunEvent =
  | {
      readonly type: 'RunStarted';
      readonly run: number;
      readonly plan: string;
      readonly fingerprint: string;
      readonly playbook: string;
      readonly kind: RunKind;
      readonly because: string;
      /** The decision that ordered it: `ledger-cutover/3`. */
      readonly decision: string;
      readonly graph: Graph;
      readonly objectives: { readonly rtoMs?: number; readonly rpoMs?: number };
      /** What goes back, with all that must go back too; left out when that is everything. */
      readonly scope?: Scope;
      /** Who may tell the run what, as the plan said when it began; without it, everybody may everything. */
      readonly authority?: Authority;
      /** The person who ordered it, where it was one: never the second person of a step that destroys. */
      readonly orderedBy?: string;
      /** Left out: the run rolls back by a playbook. */
      readonly undoes?: Undoes;
    }
  | { readonly type: 'RunPaused'; readonly because: string }
  | { readonly type: 'RunResumed' }
  /** No further step begins; the run ends at the next safe point, when no attempt is under way. */
  | { readonly type: 'RunAbortRequested'; readonly because: string }
  | { readonly type: 'RunEnded'; readonly outcome: Outcome; readonly because: string }
  /** The step may begin: a job lies ready for any node. `again` counts how often nobody took it. */
  | {
      readonly type: 'StepDispatched';
      readonly step: string;
      readonly attempt: number;
      readonly again?: number;
    }
  /** A node has taken the attempt; results of older attempts no longer count. */
  | {
      readonly type: 'StepAttemptBegan';
      readonly step: string;
      readonly attempt: number;
      readonly node: string;
    }
  /** What was there before the first apply: kept, so that it can be undone. The apply follows. */
  | {
      readonly type: 'StepObserved';
      readonly step: string;
      readonly attempt: number;
      readonly evidence: Json;
      readonly change?: string;
    }
  | {
      readonly type: 'StepApplied';
      readonly step: string;
      readonly attempt: number;
      readonly receipt: Json;
    }
  | {
      readonly type: 'StepConfirmed';
      readonly step: string;
      readonly attempt: number;
      readonly done: Done;
      readonly evidence: Json;
    }
  | {
      readonly type: 'StepAttemptFailed';
      readonly step: string;
      readonly attempt: number;
      readonly class: ErrorClass;
      readonly because: string;
    }
  /** The node that had the attempt is gone; nobody knows how far it came. */
  | {
      readonly type: 'StepAttemptLost';
      readonly step: string;
      readonly attempt: number;
      readonly node: string;
    }
  | {
      readonly type: 'StepRetryPlanned';
      readonly step: string;
      readonly attempt: number;
      readonly dueAt: number;
    }
  /** People must say how to go on: retry, skip, confirm by hand, or abort. `reaction` is what the step's policy says. */
  | {
      readonly type: 'StepBlocked';
      readonly step: string;
      readonly class: ErrorClass;
      readonly because: string;
      readonly reaction?: Exclude<Reaction, 'retry'>;
    }
  | { readonly type: 'StepAsked'; readonly step: string }
  /** It would destroy so many; before that, a second person types the name of what is destroyed. */
  | {
      readonly type: 'StepConsentWanted';
      readonly step: string;
      readonly attempt: number;
      readonly names: string;
      readonly touches: number;
      readonly change?: string;
      readonly evidence: Json;
    }
  /** A second person typed the name: as many as were shown may be destroyed, and not one more. */
  | {
      readonly type: 'StepConsented';
      readonly step: string;
      readonly names: string;
      readonly touches: number;
    }
  | { readonly type: 'StepOverdue'; readonly step: string }
  /** A rung of the step's ladder is due: these people are called. Rungs count from 0. */
  | {
      readonly type: 'StepCalled';
      readonly step: string;
      readonly rung: number;
      readonly role: string;
      readonly people: readonly string[];
    }
  /** A person is at it: nobody else is called, until the step's timebox is spent once more. */
  | { readonly type: 'StepAcknowledged'; readonly step: string }
  /** The owner was silent: the contingency answers for the step now. */
  | {
      readonly type: 'StepHandedOver';
      readonly step: string;
      readonly from: string;
      readonly to: string;
      readonly people: readonly string[];
    }
  | {
      readonly type: 'StepSkipped';
      readonly step: string;
      readonly because: string;
      /** Who asked for it, where others had to approve. */
      readonly requester?: string;
      readonly approvedBy?: readonly string[];
    }
  /** A person wants to leave the step out, and others must approve that first. */
  | {
      readonly type: 'StepSkipWanted';
      readonly step: string;
      readonly because: string;
      /** How many others must approve. */
      readonly wanted: number;
      /** Then it is not left out. */
      readonly until: number;
    }
  | { readonly type: 'StepSkipApproved'; readonly step: string; readonly because?: string }
  /** Somebody took their own approval back. */
  | { readonly type: 'StepSkipWithdrawn'; readonly step: string }
  /** Nobody is asked to approve it any more. */
  | {
      readonly type: 'StepSkipVoided';
      readonly step: string;
      readonly why: 'withdrawn' | 'overdue';
    }
  | { readonly type: 'StepRetried'; readonly step: string }
  /** An attempt that no longer counts told its result. Recorded, never applied. */
  | {
      readonly type: 'StepLateResultRecorded';
      readonly step: string;
      readonly attempt: number;
      readonly result: AttemptResult;
    }
  /** The owner lets the run go on though this does not hold: what we go back to is not healthy, or a ring was worse. */
  | { readonly type: 'StepOverruled'; readonly step: string; readonly because: string }
  /** What the looks after a ring say now; told when it changes. */
  | {
      readonly type: 'RingLooked';
      readonly step: string;
      readonly attempt: number;
      readonly says: 'good' | 'worse' | 'unknown';
      readonly because: string;
      readonly evidence: Json;
    }
  | { readonly type: 'VerificationHeld'; readonly evidence: Json }
  | { readonly type: 'VerificationBroken'; readonly evidence: Json };

/** Every type of event that this version knows: what is not listed was written by a newer one. */
export const runEventTypes = {
  RunStarted: true,
  RunPaused: true,
  RunResumed: true,
  RunAbortRequested: true,
  RunEnded: true,
  StepDispatched: true,
  StepAttemptBegan: true,
  StepObserved: true,
  StepApplied: true,
  StepConfirmed: true,
  StepAttemptFailed: true,
  StepAttemptLost: true,
  StepRetryPlanned: true,
  StepBlocked: true,
  StepAsked: true,
  StepConsentWanted: true,
  StepConsented: true,
  StepOverdue: true,
  StepCalled: true,
  StepAcknowledged: true,
  StepHandedOver: true,
  StepSkipped: true,
  StepSkipWanted: true,
  StepSkipApproved: true,
  StepSkipWithdrawn: true,
  StepSkipVoided: true,
  StepOverruled: true,
  RingLooked: true,
  StepRetried: true,
  StepLateResultRecorded: true,
  VerificationHeld: true,
  VerificationBroken: true,
} as const satisfies Record<RunEvent['type'], true>;
