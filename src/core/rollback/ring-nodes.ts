// The nodes that stand around the steps of a ring: what is measured before it, and the look whether it is worse after it.
import type { Plan, PlanPlaybook, PlanRings } from '../plan/plan.ts';
import type { GraphNode, Ring, Work } from './graph.ts';
import { ofOwner } from './people-of-step.ts';
import { policyOf } from './policy.ts';
import { percentOf } from './rings.ts';

/** The measure before a ring. It is there though nothing is compared: an undo of the ring begins with it. */
export function measureOf(
  { plan, playbook }: { readonly plan: Plan; readonly playbook: PlanPlaybook },
  { worsening, within: timeboxMs }: PlanRings,
  ring: Ring,
  needs: readonly string[],
): GraphNode {
  const signals = Object.keys(worsening.signals);
  const onFailure = policyOf(playbook['on-failure']);
  const work: Work = { type: 'measure', signals };
  const [id, stage] = [ringId(ring, 'before'), titleOf(ring)];
  return { id, stage, needs, ...ofOwner(plan), timeboxMs, onFailure, work };
}

/** The look after a ring, for which the next one waits. */
export function worseningOf(
  { plan, playbook }: { readonly plan: Plan; readonly playbook: PlanPlaybook },
  { worsening, soak, within: timeboxMs }: PlanRings,
  ring: Ring,
  steps: readonly string[],
  before: string,
): GraphNode {
  const work: Work = {
    type: 'worsening',
    ring,
    checks: worsening.checks,
    signals: Object.entries(worsening.signals).map(([signal, { by, worse }]) => {
      const unit = plan.signals[signal]?.unit;
      return { signal, by, worse, ...(unit === undefined ? {} : { unit }) };
    }),
    before,
    soakMs: soak,
    forMs: worsening.for,
    failuresMax: worsening.failures ?? null,
    steps,
  };
  return {
    id: ringId(ring, 'worsening'),
    stage: titleOf(ring),
    needs: steps,
    owner: 'owner',
    ...ofOwner(plan),
    timeboxMs,
    onFailure: policyOf(playbook['on-failure']),
    ownerOnly: true,
    work,
  };
}

/** `traffic 10 %`: a ring reads as a stage of its own. */
export function titleOf({ stage, share }: Ring): string {
  return `${stage} ${percentOf(share)} %`;
}

function ringId({ stage, number }: Ring, what: string): string {
  return `${stage}.ring-${number}.${what}`;
}
