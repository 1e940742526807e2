// Who answers for a step, and who is called one after the other while it waits for people: from roles and ladders of the plan.
import type { Plan, PlanStep } from '../plan/plan.ts';
import type { Called, GraphNode, Rung } from './graph.ts';

/** The people of a node. */
export type StepPeople = Pick<GraphNode, 'owner' | 'ladder' | 'contingency'>;

/** The role with final authority: it answers for what has no owner of its own (checkpoints and the verification). */
const FINAL = 'owner';

/** A silent owner is waited for during this share of the timebox, unless the step says how long. */
const HAND_OVER_SHARE = 0.5;

/** The people of a step. Its ladder is the one that it names, else its owner's. */
export function peopleOf(plan: Plan, step: PlanStep): StepPeople {
  const { owner, contingency, timebox } = step;
  const afterMs = step['hand-over'] ?? Math.ceil(timebox * HAND_OVER_SHARE);
  return {
    owner,
    ladder: ladderOf(plan, owner, step.ladder ?? owner),
    ...(contingency === undefined
      ? {}
      : { contingency: { ...called(plan, contingency), afterMs } }),
  };
}

/** The people of what nobody else answers for. */
export function ofOwner(plan: Plan): StepPeople {
  return plan.roles.owner === undefined
    ? {}
    : { owner: FINAL, ladder: ladderOf(plan, FINAL, FINAL) };
}

/** The owner is always called first and at once, whatever the ladder says. */
function ladderOf(plan: Plan, owner: string, name: string): readonly Rung[] {
  const written = (Object.hasOwn(plan.ladders, name) ? plan.ladders[name] : undefined) ?? [];
  const rungs = written.map(({ page, after }) => ({ ...called(plan, page), afterMs: after }));
  const [first] = rungs;
  if (first?.role === owner && first.afterMs === 0) return rungs;
  return [{ ...called(plan, owner), afterMs: 0 }, ...rungs];
}

/** What the plan means by this name: a role and who holds it, or a person. */
export function called(plan: Plan, role: string): Called {
  const { owner, deputies } = plan.roles;
  const held = role === FINAL ? owner : Object.hasOwn(deputies, role) ? deputies[role] : [role];
  return { role, people: held ?? [] };
}
