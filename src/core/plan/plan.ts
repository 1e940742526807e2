// The Plan: what the rest of Backout holds in its hands once a plan file was parsed. Plain JSON, readonly, no secrets.
//
// It keeps the keys as the YAML has them (`no-data`, `abort-by`). Its values are normalised: durations are milliseconds,
// ratios numbers, sizes bytes, times epoch milliseconds, and each default is written out. A choice between shapes bears
// a `type`. What a plan does not say is absent: not declared. Secret references stay references until `fillSecrets`.
import type { Json } from '../journal/event.ts';
import type { Scope, ScopeKind } from '../rollback/scope.ts';
import type { Condition } from './condition.ts';
import type { Rate } from './scalars.ts';

/** Things by their names. */
export interface Named<Value> {
  readonly [name: string]: Value;
}

/** A map of JSON that a connector understands. */
export type Loose = Named<Json>;

/** One migration and the way back out of it. */
export interface Plan {
  readonly backout: 1;
  readonly name: string;
  readonly title?: string;
  readonly maintainer?: string;
  readonly review?: { readonly every: number; readonly last?: number };
  /** Milliseconds. */
  readonly objectives?: { readonly rto?: number; readonly rpo?: number };
  readonly obligations: readonly PlanObligation[];
  readonly people: Named<PlanPerson>;
  readonly roles: PlanRoles;
  readonly ladders: Named<readonly PlanRung[]>;
  readonly shifts?: { readonly responders: number; readonly hours?: string };
  readonly systems: Named<PlanSystem>;
  readonly baseline?: PlanBaseline;
  readonly signals: Named<PlanSignal>;
  readonly phases: readonly PlanPhase[];
  readonly triggers: Named<PlanTrigger>;
  readonly guards: PlanGuards;
  readonly scopes?: PlanScopes;
  readonly playbooks: Named<PlanPlaybook>;
  readonly checks: Named<PlanCheck>;
  readonly checkpoints: Named<PlanCheckpoint>;
  readonly safeguards: PlanSafeguards;
  readonly notices?: PlanNotices;
  readonly communications?: PlanCommunications;
  readonly governance: PlanGovernance;
  readonly 'not-applicable': readonly NotApplicable[];
}

/** A section that the plan says does not apply, and why. */
export interface NotApplicable {
  /** Where: `communications`, `safeguards.backups`, `phases.0.failure`. */
  readonly section: string;
  readonly because: string;
}

/** Who must hear what by when, by contract or law. */
export interface PlanObligation {
  readonly to: string;
  readonly within: number;
  readonly notice?: string;
  readonly because?: string;
}

/** Somebody who can be reached. */
export interface PlanPerson {
  readonly name?: string;
  readonly email?: string;
  readonly chat?: string;
  readonly phone?: string;
  readonly page?: string;
  readonly timezone?: string;
}

/** Owner, with final authority, and deputies. Each role is a list of people in their order, empty while unfilled. */
export interface PlanRoles {
  readonly owner?: readonly string[];
  readonly deputies: Named<readonly string[]>;
}

/** One rung of a ladder: whom to call `after` so many milliseconds; a role or a person. */
export interface PlanRung {
  readonly page: string;
  readonly after: number;
}

/** A real system behind a connector. */
export interface PlanSystem {
  /** The connector. */
  readonly uses: string;
  /** What the system must say it is before anything is applied there. */
  readonly environment?: string;
  readonly id?: string;
  /** Everything else that the plan says: the connector's options, as yet with secret references. */
  readonly options: Loose;
}

/** The known-good state before the migration. */
export interface PlanBaseline {
  readonly window: number;
  readonly signals: readonly string[];
  readonly schemas: readonly string[];
  readonly integrations: readonly string[];
}

/** A named measurement of a system. */
export interface PlanSignal {
  readonly from: string;
  readonly unit?: string;
  readonly every: number;
  readonly independent: boolean;
  /** Two-sided: the queries of the new side and of the legacy side. */
  readonly sides?: {
    readonly new: Json;
    readonly legacy: Json;
    readonly volume?: { readonly new: Json; readonly legacy: Json };
  };
  /** Everything else that the plan says: the connector's query. */
  readonly query: Loose;
}

/** A stage of the migration with its own failure criteria. */
export interface PlanPhase {
  readonly name: string;
  /** Shares of traffic, from 0 to 1. */
  readonly rings?: readonly number[];
  readonly soak?: number;
  readonly window?: number;
  readonly 'abort-by'?: number;
  /** The triggers that are armed. */
  readonly failure: readonly string[];
  /** The playbook that leads back. */
  readonly rollback?: string;
  readonly 'point-of-no-return'?: { readonly when: Condition; readonly 'approved-by'?: string };
}

/** What silence of the signals means for a trigger. */
export type NoDataPolicy = 'hold' | 'review' | 'roll-back' | { readonly 'ignore-until': number };

/** A rule over signals, with a mode, that names the playbook to run. */
export interface PlanTrigger {
  readonly class: string;
  readonly when: Condition;
  readonly 'no-data': { readonly after: number; readonly is: NoDataPolicy };
  readonly mode: 'automatic' | 'review' | 'advise' | 'shadow';
  /** Always there, because blind signals may ask too (`no-data: { is: review }`); owner, 5m and hold by default. */
  readonly review: PlanTriggerReview;
  readonly playbook: string;
}

/** Who is asked, for how long, and what it means when nobody answers. */
export interface PlanTriggerReview {
  readonly by: string;
  readonly within: number;
  readonly silence: 'roll-back' | 'hold';
}

/** What keeps triggers from overcorrecting. */
export interface PlanGuards {
  readonly cooldown: number;
  readonly 'at-most'?: Rate;
  readonly 'minimum-samples': number;
  readonly quiet: readonly { readonly during: string }[];
}

/** What a rollback may be narrowed to, by name. */
export interface PlanScopes {
  readonly components: Named<PlanScopePart>;
  readonly regions: Named<PlanScopePart>;
  readonly tenants: Named<PlanScopePart>;
  readonly cohorts: Named<PlanScopePart>;
}

/** One component, region, tenant or cohort. */
export interface PlanScopePart {
  /** When one of these goes back, this must go back too. */
  readonly 'depends-on': readonly string[];
}

/** What an entry is for: these names of a kind, or one of it for each. What it does not say, it is for all of. */
export type PlanFor = { readonly [Kind in ScopeKind]?: 'each' | readonly string[] };

/**
 * What a failed attempt leads to: `retry` (bounded by the step's `retry`; spent, it climbs), `climb` (the step is blocked
 * and its ladder begins), `ask` (it is blocked and its owner is asked, nobody else), `stop` (as climb, and the run pauses).
 */
export type Reaction = 'retry' | 'climb' | 'ask' | 'stop';

/** Reactions by the class of the error; what is not said is the playbook's, then the default. */
export interface PlanOnFailure {
  readonly 'cannot-reach'?: Reaction;
  readonly 'not-allowed'?: Reaction;
  readonly 'target-mismatch'?: Reaction;
  readonly 'timed-out'?: Reaction;
  readonly refused?: Reaction;
  readonly 'verification-failed'?: Reaction;
  readonly cancelled?: Reaction;
}

/** Ordered stages of steps that restore the whole or a part. */
export interface PlanPlaybook {
  readonly scope: 'full' | Scope;
  /** For every step, checkpoint and the verification, unless a step says otherwise. */
  readonly 'on-failure'?: PlanOnFailure;
  /** What must hold before anything is changed: these checkpoints, looked at for `within` at the most. */
  readonly 'safe-to-return'?: { readonly by: readonly string[]; readonly within: number };
  /** Stages that go back ring by ring, by their names. */
  readonly rings?: Named<PlanRings>;
  readonly stages: readonly PlanStage[];
  /** What proves that the rollback worked: these checkpoints hold for `hold`, tried for `within` at the most. */
  readonly verified?: Verified;
  /** What proves that an undo of a run by this playbook brought back what was there before the run. */
  readonly 'undo-verified'?: Verified;
}

/** These checkpoints must hold for `hold`, tried for `within` at the most. */
export interface Verified {
  readonly by: readonly string[];
  readonly hold: number;
  readonly within: number;
}

/** How a stage goes back in rings. */
export interface PlanRings {
  /** How much is back after each ring, from 0 to 1, ascending. */
  readonly shares: readonly number[];
  readonly soak: number;
  readonly within: number;
  readonly worsening: {
    readonly checks: readonly string[];
    readonly signals: Named<{ readonly by: number; readonly worse: 'higher' | 'lower' }>;
    readonly for: number;
    readonly failures?: number;
  };
}

/** Stages follow one another; inside a stage `needs` says what waits for what. */
export interface PlanStage {
  readonly name: string;
  readonly entries: readonly PlanEntry[];
}

/** An entry of a stage. */
export type PlanEntry = PlanStep | PlanCheckpointEntry;

/** A desired state of one real system, or work for people. Its name is unique in the playbook. */
export interface PlanStep {
  readonly type: 'step';
  readonly step: string;
  readonly owner: string;
  /** The role that takes over when the owner was silent for `hand-over` (half of the timebox where that is not said). */
  readonly contingency?: string;
  readonly 'hand-over'?: number;
  /** The ladder that is climbed while it waits for people; the one of its owner when left out. */
  readonly ladder?: string;
  readonly timebox: number;
  readonly for?: PlanFor;
  /** Always said: what must be done before, besides the earlier stages. */
  readonly needs: readonly string[];
  /** The plan wrote the needs itself: they are more than the order of the entries. */
  readonly 'needs-said'?: true;
  readonly act: StateAct | ManualAct;
}

/** A step that a connector does. */
export interface StateAct {
  readonly type: 'state';
  readonly uses: ConnectorState;
  /** What is wanted; `system` names the system. As yet with secret references. */
  readonly with: Loose;
  readonly retry: { readonly times: number; readonly backoff: number };
  readonly 'on-failure'?: PlanOnFailure;
  readonly destructive?: { readonly names: string; readonly 'at-most': number };
  readonly undo?: PlanUndo;
}

/** A connector and one of its states: `http/holds`. */
export interface ConnectorState {
  readonly connector: string;
  readonly state: string;
}

/** A step that people do and confirm. */
export interface ManualAct {
  readonly type: 'manual';
  readonly do: string;
  readonly 'look-for'?: string;
  readonly evidence: 'required' | 'optional';
}

/** How a step is undone where its connector can not by itself. */
export type PlanUndo =
  | { readonly type: 'state'; readonly uses: ConnectorState; readonly with: Loose }
  | ManualAct;

/** A checkpoint between steps; it is known by the checkpoint's name. */
export interface PlanCheckpointEntry {
  readonly type: 'checkpoint';
  readonly checkpoint: string;
  readonly timebox: number;
  readonly for?: PlanFor;
  readonly needs: readonly string[];
  readonly 'needs-said'?: true;
}

/** Something that must be true: a condition over signals, or a state that is observed and never applied. */
export type PlanCheck =
  | { readonly type: 'condition'; readonly holds: Condition }
  | { readonly type: 'state'; readonly uses: ConnectorState; readonly with: Loose };

/** A named group of checks. A name is a check's, or a signal's whose samples must be 1 at the least (a probe). */
export interface PlanCheckpoint {
  readonly checks: readonly string[];
  readonly covers: readonly string[];
}

/** What makes going back possible. */
export interface PlanSafeguards {
  /** By system. */
  readonly backups: Named<{
    readonly artefact?: Json;
    readonly 'max-age'?: number;
    readonly 'restore-test'?: { readonly every: number; readonly into?: string };
  }>;
  readonly reconciliations: Named<{
    readonly between: readonly [string, string];
    readonly options: Loose;
  }>;
  readonly transformations: Named<{
    readonly forward: string;
    readonly reverse: string;
    readonly 'round-trip'?: string;
  }>;
}

/** A moment of a run that plain notices tell of. */
export type NoticeMoment =
  | 'run-start'
  | 'decision-wanted'
  | 'run-end'
  /** A run that somebody wants waits for the approval of others, or does so no longer. */
  | 'approval-wanted'
  /** A step waits for people, and these are called. */
  | 'call'
  /** A step for people was not done in its time. */
  | 'overdue';

/** An address that a plan may give of a person. */
export type ContactField = 'email' | 'chat' | 'phone' | 'page';

/** Plain notices of a run. */
export interface PlanNotices {
  /** `channel` is the system that carries it. */
  readonly to: readonly {
    readonly channel: string;
    readonly address?: Json;
    readonly with: Loose;
  }[];
  /** How people are reached who are called or asked: `to` names the field of `people:` that the channel takes. */
  readonly calls?: readonly { readonly channel: string; readonly to: ContactField }[];
  readonly on: readonly NoticeMoment[];
}

/** Who hears from us, through what, how often. */
export interface PlanCommunications {
  readonly audiences: Named<{
    readonly channels: readonly string[];
    readonly every?: number;
    readonly template?: string;
    readonly language?: string;
    readonly people: readonly string[];
  }>;
  readonly channels: Named<{
    readonly system: string;
    readonly address?: Json;
    readonly with: Loose;
  }>;
  readonly mode: 'off' | 'test' | 'live';
}

/** Approvals, and approved, expiring deviations. */
export interface PlanGovernance {
  /** Four eyes: how many others must agree. Not declared means nobody. */
  readonly approvals?: {
    readonly run?: number;
    readonly deviation?: number;
    /** The roles that may approve; every role when not said. */
    readonly by?: readonly string[];
    /** Milliseconds. */
    readonly within: number;
  };
  /** Runs that need no approval, because somebody gave it beforehand. */
  readonly 'pre-approved': readonly {
    readonly playbooks: readonly string[];
    readonly kinds: readonly ('live' | 'drill')[];
    readonly until: number;
    readonly 'approved-by': string;
  }[];
  readonly 'break-glass'?: { readonly 'review-within': number };
  readonly waivers: readonly {
    readonly rule: string;
    readonly because: string;
    readonly 'approved-by': string;
    readonly until: number;
  }[];
}
