// A playbook as the graph that a run walks: nodes that need other nodes. A run carries its own copy.
import type { Json } from '../journal/event.ts';
import type { Policy } from './policy.ts';

/** The reserved name of the last node: verification that must hold for a while. */
export const VERIFIED = 'verified';

/** The reserved name of the first node: what we go back to must be healthy before anything is changed. */
export const SAFE_TO_RETURN = 'safe-to-return';

/** One ring of a stage: which of how many, and the share that is back when it is done, from 0 to 1. */
export interface Ring {
  readonly stage: string;
  readonly number: number;
  readonly of: number;
  readonly share: number;
}

/** A signal that is compared with what it was before a ring. */
export interface ComparedSignal {
  readonly signal: string;
  /** Worse by more than this, in the unit of the signal, is worse. */
  readonly by: number;
  readonly worse: 'higher' | 'lower';
  readonly unit?: string;
}

/** What one node of the graph does. */
export type Work =
  /** Bring a state about on a real system. */
  | {
      readonly type: 'state';
      /** `connector/state`, as the plan spells it. */
      readonly uses: string;
      readonly system: string;
      readonly desired: { readonly [key: string]: Json };
      readonly retry: Retry;
      /** It destroys something: only this much of it, and only after a second person typed its name. */
      readonly destructive?: Destructive;
    }
  /** Bring back what was there before a state was brought about, from what was kept of it. */
  | {
      readonly type: 'undo';
      readonly uses: string;
      readonly system: string;
      /** The state that is undone. */
      readonly desired: { readonly [key: string]: Json };
      readonly kept: { readonly before: Json; readonly receipt: Json };
      /** What bringing it about was said to change: `ledger 100 -> 0 %`; null when it was not said. */
      readonly change: string | null;
      readonly retry: Retry;
    }
  /** A person does it and says so. */
  | {
      readonly type: 'manual';
      readonly instruction: string;
      readonly lookFor?: string;
      readonly evidence: 'required' | 'optional';
    }
  /** Checks that must hold before the run goes on. */
  | { readonly type: 'checkpoint'; readonly checkpoint: string; readonly checks: readonly string[] }
  /** Signals read once before a ring, so that there is something to compare with. */
  | { readonly type: 'measure'; readonly signals: readonly string[] }
  /** After a ring: it must not be worse than before for `soakMs` without a gap; worse for `forMs` stops the run. */
  | {
      readonly type: 'worsening';
      readonly ring: Ring;
      readonly checks: readonly string[];
      readonly signals: readonly ComparedSignal[];
      /** The node that measured before the ring. */
      readonly before: string;
      readonly soakMs: number;
      readonly forMs: number;
      /** More failed attempts than this among `steps` stop the run; null when they are not counted. */
      readonly failuresMax: number | null;
      /** The steps of this ring. */
      readonly steps: readonly string[];
    }
  /** Checks that must hold for `holdMs` without a gap: decides the outcome. */
  | { readonly type: 'verification'; readonly checks: readonly string[]; readonly holdMs: number };

/** What a step destroys, and how many rows or things of it at the most. */
export interface Destructive {
  readonly names: string;
  readonly atMost: number;
}

/** How often a failed attempt is tried again, and how long to wait before the first time (doubled each time). */
export interface Retry {
  readonly times: number;
  readonly backoffMs: number;
}

/** Somebody to call: a role or a person by the plan's name, and the people that it means. */
export interface Called {
  readonly role: string;
  readonly people: readonly string[];
}

/** Whom to call so long after a step began to wait for people. */
export interface Rung extends Called {
  readonly afterMs: number;
}

/** One node: a step, a manual step, a checkpoint or the verification. */
export interface GraphNode {
  readonly id: string;
  readonly stage: string;
  readonly needs: readonly string[];
  readonly owner?: string;
  readonly timeboxMs: number;
  /** What a failure leads to, every class said; the default policy when left out. */
  readonly onFailure?: Policy;
  /** Only the owner may let the run go on without it, with a reason: it is overruled, never skipped or confirmed. */
  readonly ownerOnly?: true;
  /** Who is called while it waits for people, one after the other; nobody when left out. */
  readonly ladder?: readonly Rung[];
  /** Who answers for it once its owner was silent for so long. */
  readonly contingency?: Rung;
  readonly work: Work;
  /** How an undo of this node is done, where it is said; else by the connector, from what was kept. */
  readonly undo?: WayBack;
}

/** What undoes a node, and what undoes that again. */
export interface WayBack {
  readonly work: Work;
  readonly undo?: WayBack;
}

/** Checks that decide how an undo ended: for how long they must hold, and for how long it is tried. */
export interface Proof {
  readonly checks: readonly string[];
  readonly holdMs: number;
  readonly withinMs: number;
  readonly onFailure?: Policy;
  /** Who is called when it cannot even be looked at. */
  readonly people?: Pick<GraphNode, 'owner' | 'ladder'>;
}

/** Nodes in the order of the plan. Needs name other nodes and never lead in a circle. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** What proves that an undo of this run is back where it began; without it, an undo ends not verified. */
  readonly undoVerified?: Proof;
}

/** Does this work change a real system? What only looks, and what people do, does not. */
export function changesSystem(work: Work): work is Work & { readonly type: 'state' | 'undo' } {
  return work.type === 'state' || work.type === 'undo';
}

/** The node whose checks decide the outcome, where the playbook has one. */
export function verificationOf(graph: Graph): GraphNode | undefined {
  return graph.nodes.find((node) => node.work.type === 'verification');
}

/** Why nobody could walk this graph to its end; null when it can be walked. */
export function flawOf(graph: Graph): string | null {
  const ids = new Set(graph.nodes.map((node) => node.id));
  if (ids.size < graph.nodes.length) return 'two of its steps have the same name';
  const walked = new Set<string>();
  for (const node of graph.nodes) {
    const unknown = node.needs.find((need) => !ids.has(need));
    if (unknown !== undefined) return `step ${node.id} needs ${unknown}, which is no step of it`;
  }
  let left = graph.nodes;
  while (left.length > 0) {
    const stuck = left.filter((node) => !node.needs.every((need) => walked.has(need)));
    if (stuck.length === left.length)
      return `these steps wait for each other: ${left.map((node) => node.id).join(', ')}`;
    for (const node of left) if (!stuck.includes(node)) walked.add(node.id);
    left = stuck;
  }
  return null;
}
