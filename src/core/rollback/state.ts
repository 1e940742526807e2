// What a run is: the state that its events fold to.
import type { Authority } from '../governance/authority.ts';
import type { Json } from '../journal/event.ts';
import type { Done, ErrorClass, Outcome, RunKind, Undoes } from './events.ts';
import type { Called, Graph } from './graph.ts';
import type { Scope } from './scope.ts';

/** Where a step stands. `since` is when it came there, `startedAt` when its timebox began. */
export interface StepState {
  readonly status:
    | 'waiting'
    | 'dispatched'
    | 'running'
    | 'retrying'
    /** A person was asked to do it by hand. */
    | 'asked'
    /** Stuck; waits for a person's word. */
    | 'blocked'
    | 'done'
    | 'skipped';
  readonly since: number;
  /** The attempt that counts; 0 before the first. */
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly node: string | null;
  /** When a planned retry is due. */
  readonly dueAt: number | null;
  /** How often it was dispatched again because nobody took it. */
  readonly again: number;
  /** Failed attempts since the start or the last word of a person. */
  readonly failures: number;
  readonly lost: number;
  /** How far the attempt that counts has told to have come: an attempt observes and applies once. */
  readonly progress: 'begun' | 'observed' | 'applied';
  readonly overdue: boolean;
  /** What was there before the first apply, and what would change. */
  readonly before: { readonly evidence: Json; readonly change: string | null } | null;
  readonly receipt: Json;
  /** What it would destroy, as it was shown; `given` once a second person typed its name. */
  readonly consent: {
    readonly touches: number;
    readonly change: string | null;
    readonly given: boolean;
  } | null;
  /** What the looks after a ring say, and since when. */
  readonly looked: { readonly says: 'good' | 'worse' | 'unknown'; readonly since: number } | null;
  readonly done: Done | null;
  readonly evidence: Json;
  readonly problem: { readonly class: ErrorClass; readonly because: string } | null;
  /** While it waits for people: the calls. */
  readonly calling: Calling | null;
  /** Who answers for it in place of its owner, who was silent. */
  readonly handedOver: Called | null;
}

/** How far the calls for a step have come that waits for people. */
export interface Calling {
  /** Since when people are waited for: silence is counted from here. */
  readonly askedAt: number;
  /** Since when the ladder is climbed: a rung is due so long after. */
  readonly since: number;
  /** The rung that is called next. */
  readonly next: number;
  /** Whether anybody but the owner is called. */
  readonly climbs: boolean;
  /** Who said that they are at it, and when: nobody else is called for as long as the timebox. */
  readonly taken: { readonly by: string; readonly at: number } | null;
}

/** What somebody wants to leave out, and others must approve. */
export interface SkipRequest {
  readonly step: string;
  readonly because: string;
  readonly requester: string;
  readonly wanted: number;
  readonly approvedBy: readonly string[];
  readonly until: number;
}

/** A run: not begun, under way, or ended. */
export type Run =
  | { readonly type: 'none' }
  | {
      readonly type: 'run';
      readonly run: number;
      readonly plan: string;
      readonly fingerprint: string;
      readonly playbook: string;
      readonly kind: RunKind;
      readonly because: string;
      readonly decision: string;
      readonly objectives: { readonly rtoMs?: number; readonly rpoMs?: number };
      readonly graph: Graph;
      /** What goes back; left out when that is everything. */
      readonly scope?: Scope;
      readonly authority?: Authority;
      readonly orderedBy?: string;
      /** The run that this one undoes. */
      readonly undoes?: Undoes;
      readonly startedAt: number;
      readonly status: 'running' | 'paused' | 'aborting' | 'ended';
      readonly abortBecause: string | null;
      readonly steps: { readonly [id: string]: StepState };
      /** Steps that somebody wants to leave out, while others must approve it. */
      readonly skips: readonly SkipRequest[];
      /** Since when all checks of the verification hold. */
      readonly holdingSince: number | null;
      readonly end: {
        readonly at: number;
        readonly outcome: Outcome;
        readonly because: string;
      } | null;
    };

/** A run that has begun. */
export type BegunRun = Run & { type: 'run' };

/** A step before anything happened to it. */
export function freshStep(at: number): StepState {
  return {
    status: 'waiting',
    since: at,
    attempt: 0,
    startedAt: null,
    endedAt: null,
    node: null,
    dueAt: null,
    again: 0,
    failures: 0,
    lost: 0,
    progress: 'begun',
    overdue: false,
    before: null,
    receipt: null,
    looked: null,
    consent: null,
    done: null,
    evidence: null,
    problem: null,
    calling: null,
    handedOver: null,
  };
}

/** The state of a step that is known to be in the graph. */
export function stepOf(run: BegunRun, id: string): StepState | undefined {
  return Object.hasOwn(run.steps, id) ? run.steps[id] : undefined;
}
