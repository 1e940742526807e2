// From a plan's playbook to the graph that a run walks: stages become needs, checkpoints and verification become nodes.
import type { Json } from '../journal/event.ts';
import { type Fills, fillIn } from '../plan/fills.ts';
import type {
  ManualAct,
  Plan,
  PlanEntry,
  PlanPlaybook,
  PlanRings,
  PlanStage,
  PlanUndo,
  StateAct,
  Verified,
} from '../plan/plan.ts';
import {
  type Graph,
  type GraphNode,
  type Proof,
  type Ring,
  SAFE_TO_RETURN,
  VERIFIED,
  type Work,
} from './graph.ts';
import { ofOwner, peopleOf } from './people-of-step.ts';
import { policyOf } from './policy.ts';
import { measureOf, titleOf, worseningOf } from './ring-nodes.ts';
import { percentOf } from './rings.ts';
import { type Scope, type ScopeKind, fullScope, scopeKinds } from './scope.ts';
import { closureOf, eachName, isInScope } from './scoping.ts';

/**
 * The graph of a playbook for a scope (default: all that the playbook restores); undefined when the plan has no playbook
 * of that name. What the scope leaves out is not there; what is *for each* of a kind is there once for each name.
 */
export function compileGraph(plan: Plan, playbookName: string, scope?: Scope): Graph | undefined {
  const playbook = Object.hasOwn(plan.playbooks, playbookName)
    ? plan.playbooks[playbookName]
    : undefined;
  if (playbook === undefined) return undefined;
  const own = playbook.scope === 'full' ? fullScope : playbook.scope;
  const within: Within = { plan, playbook, scope: closureOf(plan, scope ?? own), made: new Map() };
  const nodes: GraphNode[] = [...safeToReturn(plan, playbook)];
  let before: readonly string[] = nodes.map((node) => node.id);
  for (const stage of playbook.stages) {
    const rings = playbook.rings?.[stage.name];
    const inStage =
      rings === undefined
        ? stageOf(within, stage, before)
        : stageInRings(within, stage, rings, before);
    nodes.push(...inStage.nodes);
    before = inStage.last.length > 0 ? inStage.last : before;
  }
  const undoVerified = proofOf(plan, playbook, playbook['undo-verified']);
  return {
    nodes: [...nodes, ...verification(plan, playbook, before)],
    ...(undoVerified === undefined ? {} : { undoVerified }),
  };
}

/** What the making of one graph knows. */
interface Within {
  readonly plan: Plan;
  readonly playbook: PlanPlaybook;
  readonly scope: Scope;
  /** The nodes that were made of each entry, newest ring only. */
  readonly made: Map<string, readonly Made[]>;
}

/** The names that one node is for, of the kinds of which there is one node for each. */
type Each = { readonly [Kind in ScopeKind]?: string };

interface Made {
  readonly id: string;
  readonly each: Each;
}

/** The nodes of a stage, and those that what comes next waits for. */
interface StageNodes {
  readonly nodes: readonly GraphNode[];
  readonly last: readonly string[];
}

function stageOf(
  within: Within,
  stage: PlanStage,
  before: readonly string[],
  ring?: Ring,
): StageNodes {
  const entries = stage.entries.filter((entry) => isInScope(entry.for, within.scope));
  for (const entry of entries) {
    const made = eachOf(within, entry).map((each) => ({ id: idOf(entry, each, ring), each }));
    within.made.set(nameOf(entry), made);
  }
  const title = ring === undefined ? stage.name : titleOf(ring);
  const nodes = entries.flatMap((entry) =>
    (within.made.get(nameOf(entry)) ?? []).map((made) =>
      nodeOf(within, title, entry, made, before, ring),
    ),
  );
  return { nodes, last: nodes.map((node) => node.id) };
}

/** The stage once for each ring: a measure before it, its steps, and the look whether it is worse, for which the next ring waits. */
function stageInRings(
  within: Within,
  stage: PlanStage,
  rings: PlanRings,
  before: readonly string[],
): StageNodes {
  const all: GraphNode[] = [];
  let last = before;
  for (const [index, share] of rings.shares.entries()) {
    const ring = { stage: stage.name, number: index + 1, of: rings.shares.length, share };
    const measure = measureOf(within, rings, ring, last);
    const steps = stageOf(within, stage, [measure.id], ring);
    if (steps.nodes.length === 0) return { nodes: [], last: [] };
    const worsening = worseningOf(within, rings, ring, steps.last, measure.id);
    all.push(measure, ...steps.nodes, worsening);
    last = [worsening.id];
  }
  return { nodes: all, last };
}

/** The first node, where the playbook says what must be healthy before anything is changed. */
function safeToReturn(plan: Plan, playbook: PlanPlaybook): readonly GraphNode[] {
  const safe = playbook['safe-to-return'];
  if (safe === undefined) return [];
  const checks = [...new Set(safe.by.flatMap((name) => plan.checkpoints[name]?.checks ?? []))];
  if (checks.length === 0) return [];
  return [
    {
      id: SAFE_TO_RETURN,
      stage: SAFE_TO_RETURN,
      needs: [],
      owner: 'owner',
      ...ofOwner(plan),
      timeboxMs: safe.within,
      onFailure: policyOf(playbook['on-failure']),
      ownerOnly: true,
      work: { type: 'checkpoint', checkpoint: SAFE_TO_RETURN, checks },
    },
  ];
}

function nodeOf(
  within: Within,
  stage: string,
  entry: PlanEntry,
  { id, each }: Made,
  before: readonly string[],
  ring: Ring | undefined,
): GraphNode {
  const { plan, playbook } = within;
  const { timebox: timeboxMs } = entry;
  const needs = [
    ...new Set([...before, ...entry.needs.flatMap((need) => needed(within, need, each))]),
  ];
  if (entry.type === 'checkpoint') {
    const checks = plan.checkpoints[entry.checkpoint]?.checks ?? [];
    const work: Work = { type: 'checkpoint', checkpoint: entry.checkpoint, checks };
    const onFailure = policyOf(playbook['on-failure']);
    return { id, stage, needs, ...ofOwner(plan), timeboxMs, onFailure, work };
  }
  // The cast holds because an act is plain JSON, and filling changes nothing but texts and what stands for numbers.
  const act = fillIn(
    entry.act as unknown as Json,
    fillsOf(entry, each, ring),
  ) as unknown as typeof entry.act;
  const common = { id, stage, needs, ...peopleOf(plan, entry), timeboxMs };
  if (act.type === 'manual') return { ...common, work: manual(act) };
  const onFailure = policyOf(playbook['on-failure'], act['on-failure']);
  const undo = act.undo === undefined ? {} : { undo: { work: undoing(act.undo, act) } };
  return { ...common, onFailure, work: state(act), ...undo };
}

/** What the plan says that undoes a step; it is tried again as the step itself is. */
function undoing(undo: PlanUndo, { retry }: StateAct): Work {
  return undo.type === 'manual' ? manual(undo) : state({ ...undo, retry });
}

/** The nodes of a needed entry; where that is left out, those that it would have waited for itself. */
function needed(within: Within, need: string, each: Each): readonly string[] {
  const made = within.made.get(need);
  if (made !== undefined)
    return made.filter((other) => agrees(other.each, each)).map((other) => other.id);
  const entry = within.playbook.stages
    .flatMap((stage) => stage.entries)
    .find((other) => nameOf(other) === need);
  if (entry === undefined || isInScope(entry.for, within.scope)) return [];
  // One that is left out and not of the kind would have waited for all of the kind.
  const same = Object.fromEntries(
    scopeKinds
      .filter((kind) => entry.for?.[kind] === 'each' && each[kind] !== undefined)
      .map((kind) => [kind, each[kind]]),
  );
  return entry.needs.flatMap((further) => needed(within, further, same));
}

/** Two nodes belong together when they are for the same of each kind that both are for one of. */
function agrees(one: Each, other: Each): boolean {
  return scopeKinds.every(
    (kind) => one[kind] === undefined || other[kind] === undefined || one[kind] === other[kind],
  );
}

/** One node for each name of the kinds of which the entry wants one each. */
function eachOf({ plan, scope }: Within, entry: PlanEntry): readonly Each[] {
  return scopeKinds
    .filter((kind) => entry.for?.[kind] === 'each')
    .reduce<readonly Each[]>(
      (all, kind) =>
        all.flatMap((each) =>
          eachName(plan, kind, scope).map((name) => ({
            ...each,
            [kind]: name,
          })),
        ),
      [{}],
    );
}

/** No step is named with a dot, so that no two nodes have one name. */
function idOf(entry: PlanEntry, each: Each, ring: Ring | undefined): string {
  const names = scopeKinds.flatMap((kind) => each[kind] ?? []);
  return [nameOf(entry), ...names, ...(ring === undefined ? [] : [`ring-${ring.number}`])].join(
    '.',
  );
}

function fillsOf({ for: of }: PlanEntry, each: Each, ring: Ring | undefined): Fills {
  const ofScope = scopeKinds.flatMap((kind) => {
    const said = of?.[kind];
    const [only, ...others] = said === undefined || said === 'each' ? [] : said;
    const name = each[kind] ?? (others.length === 0 ? only : undefined);
    return name === undefined ? [] : [[`scope:${kind}`, name] as const];
  });
  return { ...Object.fromEntries(ofScope), ...(ring === undefined ? {} : fillsOfRing(ring)) };
}

function fillsOfRing({ number, of, share }: Ring): Fills {
  return {
    'ring:number': number,
    'ring:of': of,
    'ring:share': share,
    'ring:percent': percentOf(share),
    'ring:rest': percentOf(1 - share),
  };
}

function nameOf(entry: PlanEntry): string {
  return entry.type === 'step' ? entry.step : entry.checkpoint;
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
    ...(act.destructive === undefined
      ? {}
      : {
          destructive: { names: act.destructive.names, atMost: act.destructive['at-most'] },
        }),
  };
}

/** The last node, where the playbook says what proves that we are back. */
function verification(
  plan: Plan,
  playbook: PlanPlaybook,
  before: readonly string[],
): readonly GraphNode[] {
  const proof = proofOf(plan, playbook, playbook.verified);
  return proof === undefined ? [] : [verificationNode(proof, before)];
}

/** The node that decides the outcome. */
export function verificationNode(
  { checks, holdMs, withinMs, onFailure, people = {} }: Proof,
  needs: readonly string[],
): GraphNode {
  const work: Work = { type: 'verification', checks, holdMs };
  const policy = onFailure === undefined ? {} : { onFailure };
  return { id: VERIFIED, stage: VERIFIED, needs, ...people, timeboxMs: withinMs, ...policy, work };
}

function proofOf(
  plan: Plan,
  playbook: PlanPlaybook,
  verified: Verified | undefined,
): Proof | undefined {
  if (verified === undefined) return undefined;
  const checks = [...new Set(verified.by.flatMap((name) => plan.checkpoints[name]?.checks ?? []))];
  if (checks.length === 0) return undefined;
  const onFailure = policyOf(playbook['on-failure']);
  const people = ofOwner(plan);
  return { checks, holdMs: verified.hold, withinMs: verified.within, onFailure, people };
}
