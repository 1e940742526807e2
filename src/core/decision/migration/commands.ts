// What the engine and people may ask of a migration under watch.
import type { Json } from '../../journal/event.ts';
import type { Outcome, RunKind, Undoes } from '../../rollback/events.ts';
import type { Scope } from '../../rollback/scope.ts';
import type { Trigger } from '../trigger.ts';
import type { Change } from '../watch.ts';
import type { Guards } from './events.ts';

/** `newRun` is a run number drawn beforehand: used when the answer orders a run, else kept for the next command. */
export type MigrationCommand =
  | {
      readonly type: 'ArmPlan';
      readonly plan: string;
      readonly fingerprint: string;
      readonly snapshot: Json;
      readonly directory: string;
      readonly triggers: readonly Trigger[];
      readonly guards: Guards;
    }
  | { readonly type: 'EnterPhase'; readonly phase: string; readonly armed: readonly string[] }
  | { readonly type: 'RecordChanges'; readonly changes: readonly Change[]; readonly newRun: number }
  | {
      readonly type: 'OrderRun';
      readonly playbook: string;
      readonly because: string;
      readonly kind: RunKind;
      /** What shall go back; left out for all that the playbook restores. */
      readonly scope?: Scope;
      /** Without the approvals that it wants; somebody else reviews it afterwards. */
      readonly breakGlass?: boolean;
      readonly newRun: number;
    }
  /** Undoes a run that has ended: what it changed, that run itself knows. */
  | {
      readonly type: 'OrderUndo';
      readonly undoes: Undoes;
      /** The roles that answer for the steps that are undone. */
      readonly roles: readonly string[];
      readonly playbook: string;
      readonly because: string;
      readonly kind: RunKind;
      /** Without the approvals that it wants; somebody else reviews it afterwards. */
      readonly breakGlass?: boolean;
      readonly newRun: number;
    }
  /** Without a number: the only question that is open. */
  | {
      readonly type: 'Approve';
      readonly decision?: number;
      readonly because?: string;
      readonly newRun: number;
    }
  | {
      readonly type: 'Hold';
      readonly decision?: number;
      readonly forMs: number;
      readonly because?: string;
    }
  | { readonly type: 'Dismiss'; readonly decision?: number; readonly because: string }
  /** `changed` counts the steps that the run changed or may have changed; left out by an older node. */
  | {
      readonly type: 'FinishRun';
      readonly run: number;
      readonly outcome: Outcome;
      readonly changed?: number;
    }
  /** Takes back what this person approved or asked for. Without a number: the only one there is. */
  | { readonly type: 'Withdraw'; readonly decision?: number }
  /** Somebody else has looked at a run that was begun without its approvals. */
  | { readonly type: 'CloseReview'; readonly run: number; readonly because: string }
  | { readonly type: 'Tick'; readonly newRun: number };
