// From a plan's playbook to the graph that a run walks: stages become needs, checkpoints and verification become nodes.
import type { ManualAct, Plan, PlanEntry, PlanPlaybook, StateAct } from '../plan/plan.ts';
import { type Graph, type GraphNode, VERIFIED, type Work } from './graph.ts';
import { policyOf } from './policy.ts';

/** The graph of a playbook; undefined when the plan has no playbook of that name. */
export function compileGraph(plan: Plan, playbookName: string): Graph | undefined {
  const playbook = Object.hasOwn(plan.playbooks, playbookName)
    ? plan.playbooks[playbookName]
    : undefined;
  if (playbook === undefined) return undefined;
  const nodes: GraphNode[] = [];
  let before: readonly string[] = [];
  for (const stage of playbook.stages) {
    const inStage = stage.entries.map((entry) => nodeOf(plan, playbook, stage.name, entry, before));
    nodes.push(...inStage);
    if (inStage.length > 0) before = inStage.map((node) => node.id);
  }
  return { nodes: [...nodes, ...verification(plan, playbook, before)] };
}

function nodeOf(
  plan: Plan,
  playbook: PlanPlaybook,
  stage: string,
  entry: PlanEntry,
  before: readonly string[],
): GraphNode {
  const needs = [...new Set([...before, ...entry.needs])];
  const { timebox: timeboxMs } = entry;
  if (entry.type === 'checkpoint') {
    const checks = plan.checkpoints[entry.checkpoint]?.checks ?? [];
    const work: Work = { type: 'checkpoint', checkpoint: entry.checkpoint, checks };
    const onFailure = policyOf(playbook['on-failure']);
    return { id: entry.checkpoint, stage, needs, timeboxMs, onFailure, work };
  }
  const { step: id, owner, act } = entry;
  if (act.type === 'manual') return { id, stage, needs, owner, timeboxMs, work: manual(act) };
  const onFailure = policyOf(playbook['on-failure'], act['on-failure']);
  return { id, stage, needs, owner, timeboxMs, onFailure, work: state(act) };
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
  const onFailure = policyOf(playbook['on-failure']);
  const timeboxMs = verified.within;
  return [{ id: VERIFIED, stage: VERIFIED, needs: before, timeboxMs, onFailure, work }];
}
