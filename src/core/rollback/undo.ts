// From a run that has ended to the graph that undoes it: every step that changed something or may have, in reverse.
import { verificationNode } from './compile.ts';
import type { Undoes } from './events.ts';
import { type Graph, type GraphNode, type WayBack, type Work, changesSystem } from './graph.ts';
import { type BegunRun, type StepState, stepOf } from './state.ts';
import { saidIn } from './told.ts';

/** The graph of an undo, or why there can be none. */
export type UndoGraph =
  | { readonly type: 'graph'; readonly graph: Graph; readonly undoes: Undoes }
  | { readonly type: 'refused'; readonly code: string; readonly because: string };

/**
 * Compiles the undo of a run, from its step `from` on when one is named: that step, and all that came after it. What
 * only looked (checkpoints, the verification) and what was never touched (already so, skipped before its turn) is left
 * out. A step of which nobody knows how far it came is undone as if it had been applied: its undo looks first.
 */
export function compileUndo(run: BegunRun, from?: string): UndoGraph {
  if (run.status !== 'ended') {
    const because = `Run ${run.run} is under way. Abort it first: backout run abort ${run.run} --because "…"`;
    return { type: 'refused', code: 'run-under-way', because };
  }
  const { nodes } = run.graph;
  if (from !== undefined && !nodes.some(({ id }) => id === from)) {
    const names = nodes.map(({ id }) => id).join(', ');
    const because = `Run ${run.run} has no step ${from}. Its steps: ${names}.`;
    return { type: 'refused', code: 'no-such-step', because };
  }
  const among = from === undefined ? nodes : withFollowers(nodes, from);
  const leads = leadsForward(run) ? 'back' : 'forward';
  const touched = among.flatMap((node) => {
    const way = wayBack(run, node, leads);
    return way === null ? [] : [{ ...node, way }];
  });
  if (touched.length === 0) {
    const part = from === undefined ? '' : ` from step ${from} on`;
    const because = `Run ${run.run} changed nothing${part}: there is nothing to undo.`;
    return { type: 'refused', code: 'nothing-to-undo', because };
  }
  const undoes = { run: run.run, ...(from === undefined ? {} : { from }), leads } as const;
  return { type: 'graph', graph: reversed(run.graph, touched), undoes };
}

/** Did the run lead forward, away from where its rollback had brought us? */
function leadsForward(run: BegunRun): boolean {
  return run.undoes?.leads === 'forward';
}

/** The ids of the steps that a run changed or may have changed. */
export function changedSteps(run: BegunRun): readonly string[] {
  return run.graph.nodes.filter((node) => isTouched(run, node)).map(({ id }) => id);
}

/** An apply follows what was observed to differ, and a person's word stands for what a person did. */
function isTouched(run: BegunRun, node: GraphNode): boolean {
  const step = stepOf(run, node.id);
  if (step === undefined) return false;
  if (changesSystem(node.work)) return step.before !== null || step.done === 'by-hand';
  return node.work.type === 'manual' && step.done === 'by-hand';
}

/** The step and whatever needs it, however far away. */
function withFollowers(nodes: readonly GraphNode[], from: string): readonly GraphNode[] {
  const found = new Set([from]);
  let grown = true;
  while (grown) {
    const before = found.size;
    for (const { id, needs } of nodes) if (needs.some((need) => found.has(need))) found.add(id);
    grown = found.size > before;
  }
  return nodes.filter(({ id }) => found.has(id));
}

/** How a node is undone; null when it changed nothing. */
function wayBack(run: BegunRun, node: GraphNode, leads: Undoes['leads']): WayBack | null {
  const step = stepOf(run, node.id);
  if (step === undefined || !isTouched(run, node)) return null;
  // What undid a step is itself undone by bringing about again what it undid.
  if (leads === 'back') return node.undo ?? { work: node.work };
  const again: WayBack = {
    work: node.work,
    ...(node.undo === undefined ? {} : { undo: node.undo }),
  };
  return { work: node.undo?.work ?? undoOf(run, node, step), undo: again };
}

function undoOf(run: BegunRun, { id, work }: GraphNode, step: StepState): Work {
  switch (work.type) {
    case 'state': {
      if (step.before === null) return byHand(run, id, `${work.uses} on ${work.system}`, step);
      const kept = { before: step.before.evidence, receipt: step.receipt };
      const { uses, system, desired, retry } = work;
      return { type: 'undo', uses, system, desired, kept, change: step.before.change, retry };
    }
    case 'undo': {
      const { uses, system, desired, retry } = work;
      return { type: 'state', uses, system, desired, retry };
    }
    case 'manual':
      return byHand(run, id, work.instruction, step);
    case 'checkpoint':
    case 'measure':
    case 'worsening':
    case 'verification':
      return work;
  }
}

/** What people did, people take back. */
function byHand(run: BegunRun, id: string, what: string, { evidence }: StepState): Work {
  const said = saidIn(evidence);
  return {
    type: 'manual',
    instruction: `Take back by hand what was done by hand in step ${id} of run ${run.run}: ${what}${said === '' ? '' : ` (it was confirmed with: ${said})`}`,
    evidence: 'required',
  };
}

type Touched = GraphNode & { readonly way: WayBack };

/** What came last is undone first: a step waits for the undo of every step that was built on it. */
function reversed(graph: Graph, touched: readonly Touched[]): Graph {
  const ids = new Set(touched.map(({ id }) => id));
  const needs = new Map<string, string[]>(touched.map(({ id }) => [id, []]));
  for (const { id } of touched) {
    for (const ground of nearest(graph, id, ids)) needs.get(ground)?.push(id);
  }
  const nodes = touched.toReversed().map(({ way, undo: _, ...node }): GraphNode => ({
    ...node,
    needs: needs.get(node.id) ?? [],
    ...way,
  }));
  const proof = graph.undoVerified;
  const ends = nodes.filter(({ id }) => !nodes.some((node) => node.needs.includes(id)));
  const last = ends.map(({ id }) => id);
  const verified = proofOf(graph);
  return {
    nodes: proof === undefined ? nodes : [...nodes, verificationNode(proof, last)],
    ...(verified === undefined ? {} : { undoVerified: verified }),
  };
}

/** What proved the run that is undone proves the undo of its undo. */
function proofOf(graph: Graph): Graph['undoVerified'] {
  for (const { work, timeboxMs, onFailure, owner, ladder } of graph.nodes) {
    if (work.type !== 'verification') continue;
    const { checks, holdMs } = work;
    const policy = onFailure === undefined ? {} : { onFailure };
    const people = {
      ...(owner === undefined ? {} : { owner }),
      ...(ladder === undefined ? {} : { ladder }),
    };
    return { checks, holdMs, withinMs: timeboxMs, ...policy, people };
  }
  return undefined;
}

/** The nearest steps among `ids` that this one was built on, looking through what is left out. */
function nearest(graph: Graph, id: string, ids: ReadonlySet<string>): ReadonlySet<string> {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const found = new Set<string>();
  const seen = new Set<string>();
  const open = [...(byId.get(id)?.needs ?? [])];
  for (let need = open.pop(); need !== undefined; need = open.pop()) {
    if (seen.has(need)) continue;
    seen.add(need);
    if (ids.has(need)) found.add(need);
    else open.push(...(byId.get(need)?.needs ?? []));
  }
  return found;
}
