// Who is called while a step waits for people, and when: the ladder's rungs, the hand-over on silence, the word of who takes it.
import type { RunEvent } from './events.ts';
import type { GraphNode, Rung } from './graph.ts';
import { type BegunRun, type Calling, type StepState, stepOf } from './state.ts';

/** Later than everything that is due at all. */
const LATEST = Number.MAX_VALUE;

/** The calls that follow at once when a step begins to wait for people, or its ladder begins to be climbed. */
export function callsAtOnce(run: BegunRun): readonly RunEvent[] {
  return run.graph.nodes.flatMap((node): readonly RunEvent[] => {
    const step = stepOf(run, node.id);
    const calling = step === undefined ? null : callingOf(run, step);
    if (step === undefined || calling === null || calling.taken !== null) return [];
    return rungsOf(node, step, calling).flatMap((rung, index) =>
      index >= calling.next && rung.afterMs === 0 ? [call(node, rung, index)] : [],
    );
  });
}

/** When the next call or hand-over of this step is due: epoch milliseconds, infinity when nothing more comes by itself. */
export function callDueAt(run: BegunRun, node: GraphNode, step: StepState): number {
  const calling = callingOf(run, step);
  if (calling === null) return Number.POSITIVE_INFINITY;
  if (calling.taken !== null)
    return hasAnybody(node, step, calling)
      ? calling.taken.at + node.timeboxMs
      : Number.POSITIVE_INFINITY;
  return Math.min(rungDueAt(node, step, calling), handOverAt(node, step, calling));
}

/** The calls and the hand-over that are due at `now`. */
export function dueCalls(
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  now: number,
): readonly RunEvent[] {
  const calling = callingOf(run, step);
  if (calling === null || callDueAt(run, node, step) > now) return [];
  return calling.taken === null
    ? [...climbed(node, step, calling, now), ...handedOver(node, step, calling, now)]
    : // Who took it is silent for a whole timebox, and so is everybody else: the next one is called at once.
      [...resumed(node, step, calling), ...handedOver(node, step, calling, LATEST)];
}

/** The ladder of a step as it is climbed now: by the policy `ask` only its first rung. After a hand-over that is the contingency's. */
export function rungsOf(
  node: GraphNode,
  { handedOver: answers }: Pick<StepState, 'handedOver'>,
  { climbs }: Pick<Calling, 'climbs'>,
): readonly Rung[] {
  const [owner, ...others] = node.ladder ?? [];
  if (owner === undefined) return [];
  const first = answers === null ? owner : { ...answers, afterMs: owner.afterMs };
  return climbs ? [first, ...others] : [first];
}

/** Who said that they are at this step; null when nobody did, or their time is over. */
export function takenBy(step: StepState): string | null {
  return step.calling?.taken?.by ?? null;
}

/** The role that answers for a step now; undefined where the plan names none. */
export function answering(node: GraphNode, step: StepState | undefined): string | undefined {
  return step?.handedOver?.role ?? node.owner;
}

/** Steps that wait for people are called for as long as the run may go on, also while it is paused. */
function callingOf(run: BegunRun, step: StepState): Calling | null {
  if (run.status === 'aborting' || run.status === 'ended') return null;
  return step.status === 'asked' || step.status === 'blocked' ? step.calling : null;
}

function rungDueAt(node: GraphNode, step: StepState, calling: Calling): number {
  const rung = rungsOf(node, step, calling)[calling.next];
  return rung === undefined ? Number.POSITIVE_INFINITY : calling.since + rung.afterMs;
}

function handOverAt(node: GraphNode, step: StepState, { askedAt }: Calling): number {
  return node.contingency === undefined || step.handedOver !== null
    ? Number.POSITIVE_INFINITY
    : askedAt + node.contingency.afterMs;
}

function hasAnybody(node: GraphNode, step: StepState, calling: Calling): boolean {
  return (
    rungsOf(node, step, calling).length > 0 ||
    handOverAt(node, step, calling) < Number.POSITIVE_INFINITY
  );
}

function climbed(
  node: GraphNode,
  step: StepState,
  calling: Calling,
  now: number,
): readonly RunEvent[] {
  return rungsOf(node, step, calling).flatMap((rung, index) =>
    index >= calling.next && calling.since + rung.afterMs <= now ? [call(node, rung, index)] : [],
  );
}

/** The next rung, or the first one again where the ladder is at its end: so each word of a person leads to a bounded climb. */
function resumed(node: GraphNode, step: StepState, calling: Calling): readonly RunEvent[] {
  const rungs = rungsOf(node, step, calling);
  const from = calling.next < rungs.length ? calling.next : 0;
  return rungs.flatMap((rung, index) =>
    index >= from && rung.afterMs === rungs[from]?.afterMs ? [call(node, rung, index)] : [],
  );
}

function handedOver(
  node: GraphNode,
  step: StepState,
  calling: Calling,
  now: number,
): readonly RunEvent[] {
  const { contingency } = node;
  if (contingency === undefined || handOverAt(node, step, calling) > now) return [];
  const { role, people } = contingency;
  return [{ type: 'StepHandedOver', step: node.id, from: node.owner ?? '', to: role, people }];
}

function call({ id }: GraphNode, { role, people }: Rung, rung: number): RunEvent {
  return { type: 'StepCalled', step: id, rung, role, people };
}
