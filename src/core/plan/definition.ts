// What definePlan takes: the types of a plan in TypeScript, with names inferred where they are defined.
import type { Json } from '../journal/event.ts';
import type { ContactField, NoticeMoment, PlanOnFailure } from './plan.ts';
import type { ScopeKind } from '../rollback/scope.ts';
import type { DurationText, RateText, RatioText, SizeText } from './scalars.ts';
import type { ConditionInput } from './schema/condition.ts';

/** What does not apply, and why. */
export interface NotApplicableInput {
  readonly 'not-applicable': string;
}

type Named<Name extends string, Value> = { readonly [N in Name]: Value };
type Ratio = number | RatioText;
type Loose = { readonly [key: string]: Json };

/** Somebody who can be reached. */
export interface PersonInput {
  readonly name?: string;
  readonly email?: string;
  readonly chat?: string;
  readonly phone?: string;
  readonly page?: string;
  readonly timezone?: string;
}

/** A system: its connector, who it must be, and its connector's options. */
export interface SystemInput extends Loose {
  readonly uses: string;
}

/** A signal: the system it comes from, and its connector's query. */
export interface SignalInput<System extends string> {
  readonly from: System;
  readonly unit?: string;
  readonly every?: DurationText;
  readonly independent?: boolean;
  readonly volume?: { readonly new: Json; readonly legacy: Json };
  readonly [query: string]: Json | undefined;
}

/** A trigger. */
export interface TriggerInput<
  Signal extends string,
  Reconciliation extends string,
  Playbook extends string,
  Role extends string,
> {
  readonly class: string;
  readonly when: ConditionInput<Signal, Reconciliation>;
  readonly 'no-data'?: {
    readonly after?: DurationText;
    readonly is?: 'hold' | 'review' | 'roll-back' | { readonly 'ignore-until': string };
  };
  readonly mode: 'automatic' | 'review' | 'advise' | 'shadow';
  readonly review?: {
    readonly by?: Role;
    readonly within?: DurationText;
    readonly silence?: 'roll-back' | 'hold';
  };
  readonly playbook: Playbook;
}

/** A phase. */
export interface PhaseInput<
  Trigger extends string,
  Playbook extends string,
  Signal extends string,
  Reconciliation extends string,
  Person extends string,
> {
  readonly name: string;
  readonly rings?: readonly Ratio[];
  readonly soak?: DurationText | NotApplicableInput;
  readonly window?: DurationText;
  readonly 'abort-by'?: string;
  readonly failure?: readonly Trigger[] | NotApplicableInput;
  readonly rollback?: Playbook | NotApplicableInput;
  readonly 'point-of-no-return'?:
    | { readonly when: ConditionInput<Signal, Reconciliation>; readonly 'approved-by'?: Person }
    | NotApplicableInput;
}

interface Desired<System extends string> {
  readonly system?: System;
  readonly [key: string]: Json | undefined;
}

interface ManualInput {
  readonly do: string;
  readonly 'look-for'?: string;
  readonly evidence?: 'required' | 'optional';
}

/** Names of each kind: one, or a list. */
export type ScopeInput = { readonly [Kind in ScopeKind]?: string | readonly string[] };

/** What a plan defines to narrow a rollback to. */
export type ScopesInput = {
  readonly [Kind in `${ScopeKind}s`]?: {
    readonly [name: string]: { readonly 'depends-on'?: readonly string[] };
  };
};

interface CommonStep<Role extends string> {
  readonly step: string;
  readonly owner: Role;
  readonly contingency?: Role;
  readonly 'hand-over'?: DurationText;
  readonly ladder?: Role;
  readonly timebox: DurationText;
  /** What it is for; `each` makes one of it for each name. */
  readonly for?: ScopeInput;
  readonly needs?: readonly string[];
}

/** A step that a connector does. */
export interface StateStepInput<
  Role extends string,
  System extends string,
> extends CommonStep<Role> {
  readonly uses: `${string}/${string}`;
  readonly with?: Desired<System>;
  readonly retry?: { readonly times?: number; readonly backoff?: DurationText };
  readonly 'on-failure'?: PlanOnFailure;
  readonly destructive?: { readonly names: string; readonly 'at-most': number };
  readonly undo?:
    | { readonly uses: `${string}/${string}`; readonly with?: Desired<System> }
    | { readonly manual: ManualInput };
}

/** A step that people do. */
export interface ManualStepInput<Role extends string> extends CommonStep<Role> {
  readonly manual: ManualInput;
}

/** A checkpoint between steps. */
export interface CheckpointEntryInput<Checkpoint extends string> {
  readonly checkpoint: Checkpoint;
  readonly for?: ScopeInput;
  readonly needs?: readonly string[];
  readonly timebox?: DurationText;
}

/** How a stage goes back in rings. */
export interface RingsInput {
  readonly shares: readonly Ratio[];
  readonly soak?: DurationText;
  readonly within?: DurationText;
  readonly worsening: {
    readonly checks?: readonly string[];
    readonly signals?: {
      readonly [signal: string]: {
        readonly by: number | RatioText | SizeText;
        readonly worse?: 'higher' | 'lower';
      };
    };
    readonly for?: DurationText;
    readonly failures?: number;
  };
}

/** A playbook. */
export interface PlaybookInput<
  Role extends string,
  System extends string,
  Checkpoint extends string,
> {
  readonly scope: 'full' | ScopeInput;
  readonly 'on-failure'?: PlanOnFailure;
  readonly 'safe-to-return'?: {
    readonly by: readonly Checkpoint[];
    readonly within?: DurationText;
  };
  readonly rings?: { readonly [stage: string]: RingsInput };
  readonly stages: readonly {
    readonly [stage: string]: readonly (
      | StateStepInput<Role, System>
      | ManualStepInput<Role>
      | CheckpointEntryInput<Checkpoint>
    )[];
  }[];
  readonly verified?:
    | {
        readonly by: readonly Checkpoint[];
        readonly hold?: DurationText;
        readonly within?: DurationText;
      }
    | NotApplicableInput;
  readonly 'undo-verified'?:
    | {
        readonly by: readonly Checkpoint[];
        readonly hold?: DurationText;
        readonly within?: DurationText;
      }
    | NotApplicableInput;
}

/** A check: a condition that must be true, or a state that must hold. */
export type CheckInput<
  Signal extends string,
  Reconciliation extends string,
  System extends string,
> =
  | { readonly holds: ConditionInput<Signal, Reconciliation> }
  | { readonly uses: `${string}/${string}`; readonly with?: Desired<System> };

/** What definePlan takes. Names are inferred where they are defined and checked where they are used. */
export interface PlanDefinition<
  Person extends string = string,
  Deputy extends string = string,
  System extends string = string,
  Signal extends string = string,
  Trigger extends string = string,
  Playbook extends string = string,
  Check extends string = string,
  Checkpoint extends string = string,
  Reconciliation extends string = string,
> {
  readonly backout: 1;
  readonly name: string;
  readonly title?: string;
  readonly maintainer?: string;
  readonly review?: { readonly every: DurationText; readonly last?: string };
  readonly objectives?: {
    readonly rto?: DurationText | NotApplicableInput;
    readonly rpo?: DurationText | NotApplicableInput;
  };
  readonly obligations?:
    | readonly {
        readonly to: string;
        readonly within: DurationText;
        readonly notice?: string;
        readonly because?: string;
      }[]
    | NotApplicableInput;
  readonly people?: Named<Person, PersonInput>;
  readonly roles?: {
    readonly owner?: NoInfer<Person> | readonly NoInfer<Person>[] | null;
    readonly deputies?: Named<Deputy, NoInfer<Person> | readonly NoInfer<Person>[] | null>;
  };
  readonly ladders?:
    | {
        readonly [R in NoInfer<Deputy> | 'owner']?: readonly {
          readonly page: NoInfer<Deputy | Person> | 'owner';
          readonly after?: DurationText;
        }[];
      }
    | NotApplicableInput;
  readonly shifts?: { readonly responders: number; readonly hours?: string } | NotApplicableInput;
  readonly systems?: Named<System, SystemInput>;
  readonly baseline?:
    | {
        readonly window: DurationText;
        readonly signals?: readonly NoInfer<Signal>[] | NotApplicableInput;
        readonly schemas?: readonly NoInfer<System>[] | NotApplicableInput;
        readonly integrations?: readonly string[] | NotApplicableInput;
      }
    | NotApplicableInput;
  readonly signals?: Named<Signal, SignalInput<NoInfer<System>>>;
  readonly phases?:
    | readonly PhaseInput<
        NoInfer<Trigger>,
        NoInfer<Playbook>,
        NoInfer<Signal>,
        NoInfer<Reconciliation>,
        NoInfer<Person>
      >[]
    | NotApplicableInput;
  readonly triggers?: Named<
    Trigger,
    TriggerInput<
      NoInfer<Signal>,
      NoInfer<Reconciliation>,
      NoInfer<Playbook>,
      NoInfer<Deputy> | 'owner'
    >
  >;
  readonly guards?:
    | {
        readonly cooldown?: DurationText;
        readonly 'at-most'?: RateText | NotApplicableInput;
        readonly 'minimum-samples'?: number;
        readonly quiet?: readonly { readonly during: string }[];
      }
    | NotApplicableInput;
  readonly scopes?: ScopesInput;
  readonly playbooks?: Named<
    Playbook,
    PlaybookInput<NoInfer<Deputy> | 'owner', NoInfer<System>, NoInfer<Checkpoint>>
  >;
  readonly checks?: Named<
    Check,
    CheckInput<NoInfer<Signal>, NoInfer<Reconciliation>, NoInfer<System>>
  >;
  readonly checkpoints?: Named<
    Checkpoint,
    {
      readonly checks: readonly (NoInfer<Check> | NoInfer<Signal>)[];
      readonly covers?: readonly string[];
    }
  >;
  readonly safeguards?: {
    readonly backups?: {
      readonly [S in NoInfer<System>]?: {
        readonly artefact?: Json;
        readonly 'max-age'?: DurationText;
        readonly 'restore-test'?:
          | { readonly every: DurationText; readonly into?: NoInfer<System> }
          | NotApplicableInput;
      };
    };
    readonly reconciliations?: Named<
      Reconciliation,
      {
        readonly between: readonly [NoInfer<System>, NoInfer<System>];
        readonly [option: string]: Json | undefined;
      }
    >;
    readonly transformations?: {
      readonly [name: string]: {
        readonly forward: string;
        readonly reverse: string;
        readonly 'round-trip'?: string;
      };
    };
  };
  readonly notices?:
    | {
        readonly to?: readonly {
          readonly channel: NoInfer<System>;
          readonly address?: Json;
          readonly with?: Loose;
        }[];
        readonly calls?: readonly {
          readonly channel: NoInfer<System>;
          readonly to: ContactField;
        }[];
        readonly on?: readonly NoticeMoment[];
      }
    | NotApplicableInput;
  readonly communications?:
    | {
        readonly audiences?: {
          readonly [audience: string]: {
            readonly channels?: readonly string[];
            readonly every?: DurationText;
            readonly template?: string;
            readonly language?: string;
            readonly people?: readonly NoInfer<Person>[];
          };
        };
        readonly channels?: {
          readonly [channel: string]: {
            readonly system: NoInfer<System>;
            readonly address?: Json;
            readonly with?: Loose;
          };
        };
        readonly mode?: 'off' | 'test' | 'live';
      }
    | NotApplicableInput;
  readonly governance?: {
    readonly approvals?:
      | {
          readonly run?: number;
          readonly deviation?: number;
          readonly by?: readonly (NoInfer<Deputy> | 'owner')[];
          readonly within?: DurationText;
        }
      | NotApplicableInput;
    readonly 'pre-approved'?: readonly {
      readonly playbooks: readonly NoInfer<Playbook>[];
      readonly kinds?: readonly ('live' | 'drill')[];
      readonly until: string;
      readonly 'approved-by': NoInfer<Person>;
    }[];
    readonly 'break-glass'?: { readonly 'review-within': DurationText };
    readonly waivers?: readonly {
      readonly rule: string;
      readonly because: string;
      readonly 'approved-by': NoInfer<Person>;
      readonly until: string;
    }[];
  };
}
