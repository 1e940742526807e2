// What the engine and people may ask of a run. Orders, not facts: each is accepted as events or rejected with a reason.
import type { Json } from '../journal/event.ts';
import type { AttemptResult, RunEvent } from './events.ts';

/** Everything a run is started with. */
export type StartRun = Omit<RunEvent & { type: 'RunStarted' }, 'type'> & {
  readonly type: 'StartRun';
};

export type RunCommand =
  | StartRun
  /** Time has passed: what is due? */
  | { readonly type: 'Tick' }
  | { readonly type: 'PauseRun'; readonly because: string }
  | { readonly type: 'ResumeRun' }
  | { readonly type: 'AbortRun'; readonly because: string }
  | { readonly type: 'ConfirmStep'; readonly step: string; readonly evidence?: string }
  | { readonly type: 'SkipStep'; readonly step: string; readonly because: string }
  /** Approves what somebody else wants: to leave the step out. */
  | { readonly type: 'ApproveSkip'; readonly step: string; readonly because?: string }
  /** Takes back what this person asked for or approved. */
  | { readonly type: 'WithdrawSkip'; readonly step: string }
  | { readonly type: 'RetryStep'; readonly step: string }
  /** `typed` is the name of what is destroyed, typed by a second person. */
  | { readonly type: 'ConsentStep'; readonly step: string; readonly typed: string }
  /** The owner's word over a check that only the owner may pass by. */
  | { readonly type: 'OverruleStep'; readonly step: string; readonly because: string }
  /** A person says that they are at a step that waits for people. */
  | { readonly type: 'TakeStep'; readonly step: string }
  | {
      readonly type: 'BeginAttempt';
      readonly step: string;
      readonly attempt: number;
      readonly node: string;
    }
  | {
      readonly type: 'ReportObserved';
      readonly step: string;
      readonly attempt: number;
      readonly evidence: Json;
      readonly change?: string;
    }
  /** A node saw what the step would destroy, and has no consent to that much. */
  | {
      readonly type: 'ReportConsentWanted';
      readonly step: string;
      readonly attempt: number;
      readonly touches: number;
      readonly change?: string;
      readonly evidence: Json;
    }
  | {
      readonly type: 'ReportResult';
      readonly step: string;
      readonly attempt: number;
      readonly result: AttemptResult;
    }
  | {
      readonly type: 'ReportLost';
      readonly step: string;
      readonly attempt: number;
      readonly node: string;
    }
  /** One look after a ring, by the store's clock: `lookedAt` when it began, `gaplessSince` since when this node has looked without a gap. */
  | {
      readonly type: 'ReportRing';
      readonly step: string;
      readonly attempt: number;
      readonly says: 'good' | 'worse' | 'unknown';
      readonly because: string;
      readonly evidence: Json;
      readonly gaplessSince: number;
      readonly lookedAt: number;
    }
  /**
   * One look at all the checks of the verification, by the store's clock: `lookedAt` when the look began (left out: now),
   * `gaplessSince` since when this sampler has looked without a gap.
   */
  | {
      readonly type: 'ReportVerification';
      readonly attempt: number;
      readonly holds: boolean;
      readonly evidence: Json;
      readonly gaplessSince: number;
      readonly lookedAt?: number;
    };
