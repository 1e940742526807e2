// What a migration under watch is: the state that its events fold to.
import type { Json } from '../../journal/event.ts';
import type { Outcome, RunKind, Undoes } from '../../rollback/events.ts';
import type { Scope } from '../../rollback/scope.ts';
import type { Trigger } from '../trigger.ts';
import type { Evidence } from '../watch.ts';
import type { Guards, How } from './events.ts';
import type { Answer } from '../trigger.ts';

/** A question that waits for a person, or for its deadline. */
export interface Question {
  readonly decision: number;
  readonly trigger: string;
  readonly playbook: string;
  readonly by: string;
  readonly askedAt: number;
  readonly until: number;
  readonly silence: 'roll-back' | 'hold';
  readonly because: string;
  readonly evidence: Evidence;
  /** Who has approved it so far, where the plan wants more approvals than one. */
  readonly approvedBy?: readonly string[];
}

/** A run that somebody wants and others must approve. */
export interface RunRequest {
  readonly decision: number;
  readonly playbook: string;
  readonly kind: RunKind;
  readonly because: string;
  readonly scope?: Scope;
  /** The run that is to be undone; left out for a rollback. */
  readonly undoes?: Undoes;
  readonly fingerprint: string;
  readonly requester: string;
  readonly wanted: number;
  readonly approvedBy: readonly string[];
  readonly askedAt: number;
  readonly until: number;
}

/** A review that is owed because somebody broke the glass. */
export interface OwedReview {
  readonly run: number;
  /** Who broke it; somebody else reviews. */
  readonly by: string;
  readonly because: string;
  readonly since: number;
  readonly until: number;
}

/** A decision that was made, for those who come second. */
export interface Made {
  readonly decision: number;
  readonly answer: Answer;
  readonly how: How;
  readonly who: string;
  readonly at: number;
  readonly run: number | null;
  readonly because: string;
}

/** A run that has ended and may have changed the target. */
export interface Past {
  readonly run: number;
  readonly outcome: Outcome;
  readonly undoes: Undoes | null;
}

/** Where a trigger stands. */
export interface TriggerState {
  /** The breach that is open, by its number; the same breach never leads to a second decision by itself. */
  readonly breach: number | null;
  readonly blind: boolean;
  /** Why it is blind. */
  readonly cause: 'no-data' | 'source-out' | null;
  /** Its blindness is ignored until then. */
  readonly ignoredUntil: number | null;
  /** Held until then: not asked again before. */
  readonly heldUntil: number | null;
  /** What it saw when it was breached or blinded. */
  readonly evidence: Evidence;
}

/** A migration: unknown, or under watch. */
export type Migration =
  | { readonly type: 'none' }
  | {
      readonly type: 'migration';
      readonly plan: string;
      readonly fingerprint: string;
      readonly snapshot: Json;
      readonly directory: string;
      readonly triggers: readonly Trigger[];
      readonly guards: Guards;
      readonly phase: string | null;
      readonly armed: readonly string[];
      readonly standing: { readonly [trigger: string]: TriggerState };
      readonly breaches: number;
      readonly decisions: number;
      readonly questions: readonly Question[];
      /** Runs that wait for approvals. */
      readonly requests: readonly RunRequest[];
      readonly reviews: readonly OwedReview[];
      /** Who armed a version that wants fewer approvals than the one before, and how many that wanted: they do not profit. */
      readonly loosened: { readonly by: string; readonly run: number } | null;
      /** The newest decisions, newest first, at most twenty. */
      readonly made: readonly Made[];
      /** Questions that something else decided, newest first, at most twenty. */
      readonly overtaken: readonly { readonly decision: number; readonly by: number }[];
      readonly activeRun: number | null;
      readonly activeKind: RunKind | null;
      /** The run that the active one undoes. */
      readonly activeUndoes: Undoes | null;
      /** Runs that changed the target or may have, newest first, at most a hundred. */
      readonly past: readonly Past[];
      /** Of live runs only: a drill is no rollback. */
      readonly lastRunEndedAt: number | null;
      /** When live runs began, newest first, at most a hundred. */
      readonly runsBeganAt: readonly number[];
    };

/** A migration that is known. */
export type KnownMigration = Migration & { type: 'migration' };

/** Where a trigger stands before anything happened. */
const calm: TriggerState = {
  breach: null,
  blind: false,
  cause: null,
  ignoredUntil: null,
  heldUntil: null,
  evidence: {},
};

/** Where this trigger stands. */
export function standingOf(migration: KnownMigration, trigger: string): TriggerState {
  return (
    (Object.hasOwn(migration.standing, trigger) ? migration.standing[trigger] : undefined) ?? calm
  );
}
