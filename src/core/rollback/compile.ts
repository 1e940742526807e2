// From a plan's playbook to the graph that a run walks: stages become needs, checkpoints and verification become nodes.
import type { ManualAct, Plan, PlanEntry, PlanPlaybook, StateAct } from '../plan/plan.ts';
import { type Graph, type GraphNode, VERIFIED, type Work } from './graph.ts';

/** The graph of a playbook; undefined when the plan has no playbook of that name. */
export function compileGraph(plan: Plan, playbookName: string): Graph | undefined {
  const playbook = Object.hasOwn(plan.playbooks, playbookName)
    ? plan.playbooks[playbookName]
    : undefined;
  if (playbook === undefined) return undefined;
  const nodes: GraphNode[] = [];
  let before: readonly string[] = [];
  for (const stage of playbook.stages) {
    const inStage = stage.entries.map((entry) => nodeOf(plan, stage.name, entry, before));
    nodes.push(...inStage);
    if (inStage.length > 0) before = inStage.map((node) => node.id);
  }
  return { nodes: [...nodes, ...verification(plan, playbook, before)] };
}

function nodeOf(plan: Plan, stage: string, entry: PlanEntry, before: readonly string[]): GraphNode {
  const needs = [...new Set([...before, ...entry.needs])];
  if (entry.type === 'checkpoint') {
    const checks = plan.checkpoints[entry.checkpoint]?.checks ?? [];
    const work: Work = { type: 'checkpoint', checkpoint: entry.checkpoint, checks };
    return { id: entry.checkpoint, stage, needs, timeboxMs: entry.timebox, work };
  }
  const work: Work = entry.act.type === 'manual' ? manual(entry.act) : state(entry.act);
  return { id: entry.step, stage, needs, owner: entry.owner, timeboxMs: entry.timebox, work };
}

function manual(act: ManualAct): Work {
  const lookFor = act['look-for'];
  return {
    type: 'manual',
    instruction: act.do,
    evidence: act.evidence,
    ...(lookFor === undefined ? {} : { lookFor }),
  };
}

function state(act: StateAct): Work {
  const { system, ...desired } = act.with;
  return {
    type: 'state',
    uses: `${act.uses.connector}/${act.uses.state}`,
    system: typeof system === 'string' ? system : '',
    desired,
    retry: { times: act.retry.times, backoffMs: act.retry.backoff },
  };
}

/** The last node, where the playbook says what proves that we are back. */
function verification(
  plan: Plan,
  playbook: PlanPlaybook,
  before: readonly string[],
): readonly GraphNode[] {
  const { verified } = playbook;
  if (verified === undefined) return [];
  const checks = [...new Set(verified.by.flatMap((name) => plan.checkpoints[name]?.checks ?? []))];
  if (checks.length === 0) return [];
  const work: Work = { type: 'verification', checks, holdMs: verified.hold };
  return [{ id: VERIFIED, stage: VERIFIED, needs: before, timeboxMs: verified.within, work }];
}
