// From a plan's triggers to the rules that are judged, and from a check's condition to one look at it.
import type { Condition as PlanCondition } from '../plan/condition.ts';
import type { NoDataPolicy, Plan, PlanTrigger } from '../plan/plan.ts';
import { type Condition, type Truth, quorum } from './condition.ts';
import type { Guards } from './migration/events.ts';
import { type SignalReading, settle } from './sample.ts';
import type { BlindPolicy, Trigger } from './trigger.ts';

/** A trigger that may not act by itself (a guard objects, it is blind) asks the owner for so long, and then holds. */
const REVIEW_DEFAULT = { by: 'owner', withinMs: 5 * 60_000, silence: 'hold' } as const;

/** Every trigger of the plan, ready to be judged. */
export function compileTriggers(plan: Plan): readonly Trigger[] {
  return Object.entries(plan.triggers).map(([name, trigger]) => ({
    name,
    class: trigger.class,
    when: compileCondition(plan, trigger, trigger.when, name),
    mode: trigger.mode,
    blind: blindPolicy(trigger['no-data'].is),
    review:
      trigger.review === undefined
        ? REVIEW_DEFAULT
        : {
            by: trigger.review.by,
            withinMs: trigger.review.within,
            silence: trigger.review.silence,
          },
    playbook: trigger.playbook,
  }));
}

/** What keeps the plan's triggers from overcorrecting. */
export function compileGuards(plan: Plan): Guards {
  const atMost = plan.guards['at-most'];
  return {
    cooldownMs: plan.guards.cooldown,
    atMost: atMost === undefined ? null : { count: atMost.count, perMs: atMost.perMs },
  };
}

function blindPolicy(is: NoDataPolicy): BlindPolicy {
  return typeof is === 'string' ? { type: is } : { type: 'ignore', until: is['ignore-until'] };
}

function compileCondition(
  plan: Plan,
  trigger: PlanTrigger,
  condition: PlanCondition,
  path: string,
): Condition {
  const members = (of: readonly PlanCondition[]): readonly Condition[] =>
    of.map((member, index) => compileCondition(plan, trigger, member, `${path}/${index + 1}`));
  switch (condition.type) {
    case 'threshold': {
      const signal = plan.signals[condition.signal];
      const everyMs = signal?.every ?? 10_000;
      return {
        type: 'rule',
        leaf: path,
        signal: condition.signal,
        rule: {
          type: 'threshold',
          direction: condition.comparison,
          limit: condition.limit,
          ...(signal?.unit === undefined ? {} : { unit: signal.unit }),
          clearsAt: condition.clears,
          forMs: condition.for,
          clearForMs: 2 * condition.for,
          atLeast: condition['at-least'],
          everyMs,
          // One missing reading is not blindness, however seldom the signal is read.
          blindAfterMs: Math.max(trigger['no-data'].after, 2 * everyMs),
        },
      };
    }
    case 'relative':
      return {
        type: 'not-judged',
        because: `worse-than: ${condition['worse-than']} is not judged by this version`,
      };
    case 'reconciliation':
      return { type: 'not-judged', because: 'reconciliations are not judged by this version' };
    case 'all':
      return { type: 'at-least', count: condition.of.length, of: members(condition.of) };
    case 'any':
      return { type: 'at-least', count: 1, of: members(condition.of) };
    case 'at-least':
      return { type: 'at-least', count: condition.count, of: members(condition.of) };
  }
}

/** The signals that a condition looks at. */
export function signalsOf(condition: PlanCondition): readonly string[] {
  switch (condition.type) {
    case 'threshold':
    case 'relative':
      return [condition.signal];
    case 'reconciliation':
      return [];
    case 'all':
    case 'any':
    case 'at-least':
      return condition.of.flatMap(signalsOf);
  }
}

/** One look: is the condition true at this instant? Durations don't matter here; what is not known is unknown. */
export function lookAtCondition(
  condition: PlanCondition,
  readings: { readonly [signal: string]: SignalReading },
): 'true' | 'false' | 'unknown' {
  const truth = look(condition, readings);
  return truth === 'bad' ? 'true' : truth === 'good' ? 'false' : 'unknown';
}

/** `bad` reads "what the condition names is there", as everywhere in three-valued conditions. */
function look(
  condition: PlanCondition,
  readings: { readonly [signal: string]: SignalReading },
): Truth {
  const each = (member: PlanCondition): Truth => look(member, readings);
  switch (condition.type) {
    case 'threshold': {
      const raw = Object.hasOwn(readings, condition.signal)
        ? readings[condition.signal]
        : undefined;
      const reading = raw === undefined ? undefined : settle(raw);
      if (reading === undefined || reading.type !== 'number') return 'unknown';
      const { comparison, limit } = condition;
      const there = comparison === 'above' ? reading.value > limit : reading.value < limit;
      return there ? 'bad' : 'good';
    }
    case 'relative':
    case 'reconciliation':
      return 'unknown';
    case 'all':
      return quorum(condition.of.length, condition.of.map(each));
    case 'any':
      return quorum(1, condition.of.map(each));
    case 'at-least':
      return quorum(condition.count, condition.of.map(each));
  }
}
