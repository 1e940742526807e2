// How long a run will still take: drawn from how long its steps really took before, or from timeboxes where nothing is known.
import type { Graph, GraphNode } from './graph.ts';
import { type Durations, timedOf } from './durations.ts';
import { type BegunRun, type StepState, stepOf } from './state.ts';

/** What is to be expected of a run, from now on. All times are milliseconds. */
export interface Forecast {
  /** Half of the draws end within this time from now. */
  readonly p50Ms: number;
  /** Nine of ten draws do. */
  readonly p90Ms: number;
  /** The share of draws that end within the RTO, counted from the start of the run; null without an RTO. */
  readonly insideRto: number | null;
  /** `measured`: every step that is left has been timed before; `timeboxes`: none has, and the times are upper bounds. */
  readonly basis: 'measured' | 'partly' | 'timeboxes';
  /** How many past runs it rests on, live ones and drills. */
  readonly runs: number;
  readonly drills: number;
  /** The steps that are left and were never timed. */
  readonly unmeasured: readonly string[];
  /** The steps that are left and decide the end in most draws, in the order of the graph. */
  readonly critical: readonly string[];
  /** Steps that wait for a person's word: how long people take is not foreseen. */
  readonly waiting: readonly string[];
}

/** What a forecast is made from. */
export interface Outlook {
  readonly graph: Graph;
  /** The run as it stands; left out before it has begun. */
  readonly run?: BegunRun;
  readonly durations: Durations;
  readonly rtoMs?: number | undefined;
  /** Epoch milliseconds of the store's clock. */
  readonly now: number;
}

/**
 * So many draws: the standard error of a share is then at most 1.2 %, that of the P90's rank 0.7 %, and a run of twenty
 * steps costs about a millisecond.
 */
const DRAWS = 2_000;

/** A step is critical when the end hangs on it in so many of the draws. */
const CRITICAL_SHARE = 0.5;

/** The same question at the same moment gives the same answer: the draws are seeded by nothing else. */
const SEED = 1;

/**
 * Draws the rest of the run many times and counts. A step's duration is drawn from what was measured; for a step that is
 * under way, from what was measured and is longer than it has taken so far. After n measurements the next one is longer
 * than all of them in one of n + 1 cases (exchangeability; Laplace's rule of succession): so often it is drawn from
 * between the longest one and the timebox. With n = 0 it is the timebox, an upper bound and no measurement.
 */
export function forecast({ graph, run, durations, rtoMs, now }: Outlook): Forecast {
  const steps = inOrder(graph).map((node) => aheadOf(node, run, durations, now));
  const left = steps.filter((step) => !step.isOver);
  const critical = new Map<string, number>();
  const random = mulberry32(SEED);
  const ends = Array.from({ length: DRAWS }, () => {
    const drawn = draw(steps, random);
    for (const id of drawn.path) critical.set(id, (critical.get(id) ?? 0) + 1);
    return drawn.end;
  }).toSorted((a, b) => a - b);
  const gone = run === undefined ? 0 : now - run.startedAt;
  const measured = left.filter(({ samples }) => samples.length > 0);
  return {
    p50Ms: quantile(ends, 0.5),
    p90Ms: quantile(ends, 0.9),
    insideRto:
      rtoMs === undefined ? null : ends.filter((end) => gone + end <= rtoMs).length / DRAWS,
    basis:
      measured.length === left.length ? 'measured' : measured.length === 0 ? 'timeboxes' : 'partly',
    runs: durations.runs,
    drills: durations.drills,
    unmeasured: left.filter(({ samples }) => samples.length === 0).map(({ id }) => id),
    critical: graph.nodes
      .map(({ id }) => id)
      .filter((id) => (critical.get(id) ?? 0) / DRAWS >= CRITICAL_SHARE),
    waiting: left.filter(({ isWaiting }) => isWaiting).map(({ id }) => id),
  };
}

/** One step as the draws see it. */
interface Ahead {
  readonly id: string;
  readonly needs: readonly string[];
  readonly isOver: boolean;
  readonly isWaiting: boolean;
  /** How long it has been under way. */
  readonly elapsedMs: number;
  /** What was measured, ascending. */
  readonly samples: readonly number[];
  /** How long it may take at the most, by the plan. */
  readonly boundMs: number;
  /** It can't be over before this time from now. */
  readonly leastMs: number;
}

function aheadOf(
  node: GraphNode,
  run: BegunRun | undefined,
  durations: Durations,
  now: number,
): Ahead {
  const step = run === undefined ? undefined : stepOf(run, node.id);
  const startedAt = step?.startedAt ?? null;
  const holdMs = holdOf(node);
  const since = node.work.type === 'worsening' ? goodSince(step) : (run?.holdingSince ?? null);
  const heldMs = since === null ? 0 : now - since;
  return {
    id: node.id,
    needs: node.needs,
    isOver: step?.status === 'done' || step?.status === 'skipped',
    isWaiting: step?.status === 'asked' || step?.status === 'blocked',
    elapsedMs: startedAt === null ? 0 : Math.max(0, now - startedAt),
    samples: timedOf(durations, node),
    // A verification's timebox is how long we would try; one that goes well takes as long as it must hold.
    boundMs: holdMs ?? node.timeboxMs,
    leastMs: holdMs === null ? 0 : Math.max(0, holdMs - heldMs),
  };
}

/** How long it must hold, where it must. */
function holdOf({ work }: GraphNode): number | null {
  switch (work.type) {
    case 'verification':
      return work.holdMs;
    case 'worsening':
      return work.soakMs;
    case 'state':
    case 'undo':
    case 'manual':
    case 'checkpoint':
    case 'measure':
      return null;
  }
}

function goodSince(step: StepState | undefined): number | null {
  return step?.looked?.says === 'good' ? step.looked.since : null;
}

/** One possible rest of the run: when it ends from now, and the chain of steps that decided it. */
function draw(
  steps: readonly Ahead[],
  random: () => number,
): { readonly end: number; readonly path: readonly string[] } {
  const ends = new Map<string, number>();
  const after = new Map<string, string | null>();
  let last: string | null = null;
  let end = 0;
  for (const step of steps) {
    let begin = 0;
    let behind: string | null = null;
    for (const need of step.needs) {
      const ended = ends.get(need) ?? 0;
      if (ended > begin) [begin, behind] = [ended, need];
    }
    const ended = step.isOver ? 0 : begin + Math.max(step.leastMs, rest(step, random));
    ends.set(step.id, ended);
    after.set(step.id, behind);
    if (ended > end) [end, last] = [ended, step.id];
  }
  const path: string[] = [];
  for (let at = last; at !== null; at = after.get(at) ?? null) path.push(at);
  return { end, path };
}

/** How much longer this step takes, drawn. */
function rest({ samples, elapsedMs, boundMs }: Ahead, random: () => number): number {
  const first = samples.findIndex((sample) => sample > elapsedMs);
  const longer = first === -1 ? 0 : samples.length - first;
  const chance = random();
  // Drawn always, so that each step uses as many random numbers whatever was measured.
  const within = random();
  if (longer > 0 && chance < longer / (longer + 1))
    return (samples[first + Math.floor(within * longer)] ?? 0) - elapsedMs;
  const longest = Math.max(elapsedMs, samples.at(-1) ?? 0);
  if (samples.length === 0) return Math.max(0, boundMs - elapsedMs);
  return longest + within * Math.max(0, boundMs - longest) - elapsedMs;
}

/** The nodes so that each comes after those that it needs; `flawOf` proves for every run that there is such an order. */
function inOrder({ nodes }: Graph): readonly GraphNode[] {
  const ordered: GraphNode[] = [];
  const placed = new Set<string>();
  let left = nodes;
  while (left.length > 0) {
    const next = left.filter((node) => node.needs.every((need) => placed.has(need)));
    if (next.length === 0) return [...ordered, ...left];
    for (const node of next) placed.add(node.id);
    ordered.push(...next);
    left = left.filter((node) => !placed.has(node.id));
  }
  return ordered;
}

/** The smallest value that the share `q` of the ascending values does not exceed. */
function quantile(ascending: readonly number[], q: number): number {
  return Math.round(ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? 0);
}

/** Chance as a pure function of a seed: numbers from 0 to 1 (mulberry32 by Tommy Ettinger, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
