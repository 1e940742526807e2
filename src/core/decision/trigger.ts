// Triggers: where it is decided whether a breach acts by itself, asks people, advises or only watches.
import type { Condition } from './condition.ts';

/** What a trigger does with a breach. */
export type TriggerMode = 'automatic' | 'review' | 'advise' | 'shadow';

/** What silence or a person may answer; `undo` answers no question: a person orders it. */
export type Answer = 'roll-back' | 'hold' | 'dismiss' | 'undo';

/** What blindness means to a trigger. */
export type BlindPolicy =
  | { readonly type: 'hold' | 'review' | 'roll-back' }
  | { readonly type: 'ignore'; readonly until: number };

/** A trigger of the plan, compiled. */
export interface Trigger {
  readonly name: string;
  readonly class: string;
  readonly when: Condition;
  readonly mode: TriggerMode;
  readonly blind: BlindPolicy;
  readonly review: {
    readonly by: string;
    readonly withinMs: number;
    readonly silence: 'roll-back' | 'hold';
  };
  readonly playbook: string;
}

/** What a trigger says at one instant. */
export type Verdict =
  | { readonly type: 'healthy' }
  | { readonly type: 'suspect' }
  | { readonly type: 'breached'; readonly why: 'condition' | 'blind' }
  | { readonly type: 'blind'; readonly cause: 'no-data' | 'source-out' };

/** What a breach leads to. */
export type Action =
  | { readonly type: 'roll-back'; readonly because: string }
  | { readonly type: 'ask'; readonly because: string }
  | { readonly type: 'advise' }
  | { readonly type: 'note' };

/** What stands against an automatic rollback now; null when nothing does. */
export type Objection = string | null;

/**
 * What a verdict leads to. An automatic trigger that may not act becomes a review, said aloud: never dropped.
 * Blindness does what its policy says, and never rolls back by itself when the source itself is out: then it asks.
 */
export function actionOf(
  trigger: Trigger,
  verdict: Verdict,
  objection: Objection,
  now: number,
): Action | null {
  switch (verdict.type) {
    case 'healthy':
    case 'suspect':
      return null;
    case 'breached':
      return act(
        trigger,
        `trigger ${trigger.name} is breached`,
        `trigger ${trigger.name} is breached, and its mode is review`,
        objection,
      );
    case 'blind':
      return onBlind(trigger, verdict.cause, objection, now);
  }
}

function act(trigger: Trigger, cause: string, question: string, objection: Objection): Action {
  switch (trigger.mode) {
    case 'automatic':
      return objection === null
        ? { type: 'roll-back', because: cause }
        : { type: 'ask', because: `${cause}, but ${objection}` };
    case 'review':
      return { type: 'ask', because: question };
    case 'advise':
      return { type: 'advise' };
    case 'shadow':
      return { type: 'note' };
  }
}

function onBlind(
  trigger: Trigger,
  cause: 'no-data' | 'source-out',
  objection: Objection,
  now: number,
): Action | null {
  const { blind } = trigger;
  const unseen = `trigger ${trigger.name} is blind (${cause}); nobody knows whether it is breached`;
  if (trigger.mode === 'shadow' || trigger.mode === 'advise') return null;
  switch (blind.type) {
    case 'hold':
      return null;
    case 'ignore':
      return now < blind.until
        ? null
        : { type: 'ask', because: `the time for which blindness was ignored is over; ${unseen}` };
    case 'review':
      return { type: 'ask', because: unseen };
    case 'roll-back':
      if (cause === 'source-out')
        return {
          type: 'ask',
          because: 'the source of the signal is out; that is no failure of the migration',
        };
      return act(
        trigger,
        `trigger ${trigger.name} is blind (no data), and its plan says that means going back`,
        unseen,
        objection,
      );
  }
}
