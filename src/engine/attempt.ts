// One attempt of one step, from taking it to telling its result: assert the target, observe, apply, observe again.
import { type ApplyCall, ConnectorError, type Json, type Observation } from '../connector.ts';
import type { AttemptResult } from '../core/rollback/events.ts';
import type { GraphNode, Work } from '../core/rollback/graph.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import { answerOf, callFor, pause } from './calls.ts';
import { limitOf } from './destructive.ts';
import { effortOf } from './effort.ts';
import { type AtWork, type Hands, handBack, isUnderWay, report, tell } from './hands.ts';
import { LOOK_AGAIN, passCheckpoint, verify } from './looking.ts';
import { known } from './observation.ts';
import { type StepJob, backout } from './office.ts';
import { isOutage, waitOut } from './outage.ts';
import type { Snapshot, Systems } from './systems.ts';
import { measureBefore, watchRing } from './ring.ts';
import { assertTarget } from './target.ts';
import { type Trouble, troubleOf, textOf } from './trouble.ts';

/** The attempt tells its own end so long before the timebox does, because it knows more to say. Milliseconds. */
const BEFORE_TIMEBOX_MS = 250;

/** Takes the attempt, if it still counts, and carries it out. Its result is in the journal when this returns. */
export async function carryOut(job: StepJob, hands: Hands): Promise<void> {
  // Thrown before anything began: the dispatcher may hand the job to another node.
  if (hands.signal.aborted) throw new Error(`Node ${hands.node} stops and takes nothing more.`);
  const run = await begin(job, hands);
  const graphNode = run?.graph.nodes.find((each) => each.id === job.step);
  if (run === null || graphNode === undefined) return;
  const left = await timeLeft(run, graphNode, job, hands);
  const limits = callFor(left, hands.signal, hands.systems.clock);
  const call: ApplyCall = {
    signal: limits.signal,
    get deadline() {
      return limits.deadline;
    },
    idempotencyKey: `run-${job.run}/${job.step}`,
    attempt: job.attempt,
  };
  await work(graphNode.work, { run, job, hands, call });
}

/** The run, when this node has the attempt; null when somebody else has it or it no longer counts. */
async function begin(job: StepJob, hands: Hands): Promise<BegunRun | null> {
  const { office, systems, node, signal, log } = hands;
  const command = { type: 'BeginAttempt', step: job.step, attempt: job.attempt, node } as const;
  const taken = await waitOut(
    () => office.commandRun(job.run, command, backout),
    signal,
    log,
    systems.clock,
  );
  // A refusal may be the second answer to our own word, when the first was lost with the store's connection.
  const state = taken.type === 'done' ? taken.state : (await office.run(job.run)).state;
  return isUnderWay({ job, hands }, state) ? state : null;
}

async function timeLeft(
  run: BegunRun,
  node: GraphNode,
  job: StepJob,
  hands: Hands,
): Promise<number> {
  const startedAt = run.steps[job.step]?.startedAt ?? null;
  const spent = startedAt === null || job.attempt === 1 ? 0 : (await now(hands)) - startedAt;
  return Math.max(1, node.timeboxMs - spent - Math.min(BEFORE_TIMEBOX_MS, node.timeboxMs / 10));
}

function now({ office, systems, signal, log }: Hands): Promise<number> {
  return waitOut(() => office.streams.journal.now(), signal, log, systems.clock);
}

async function work(what: Work, at: AtWork): Promise<void> {
  try {
    const { office, systems, log } = at.hands;
    // A run carries its plan by fingerprint; the snapshot lies in the migration's stream.
    const snapshot = await waitOut(
      () => office.snapshot(at.run.plan, at.run.fingerprint),
      at.call.signal,
      log,
      systems.clock,
    );
    switch (what.type) {
      case 'state':
      case 'undo':
        return await bringAbout(what, snapshot, at);
      case 'checkpoint':
        return await passCheckpoint(what, snapshot, at);
      case 'measure':
        return await measureBefore(what, snapshot, at);
      case 'worsening':
        return await watchRing(what, snapshot, at);
      case 'verification':
        return await verify(what, snapshot, at);
      case 'manual':
        return;
    }
  } catch (error) {
    if (at.hands.signal.aborted) return handBack(at);
    const trouble = troubleIn(error, at.call.signal);
    await report(at, {
      type: 'failed',
      class: trouble.class,
      because: at.hands.systems.hide(trouble.because),
    });
  }
}

/** The store that is away is no fault of the connector. */
function troubleIn(error: unknown, signal: AbortSignal): Trouble {
  if (error instanceof Error && isOutage(error))
    return { class: 'cannot-reach', because: error.message };
  return troubleOf(error, signal);
}

async function bringAbout(
  what: Work & { type: 'state' | 'undo' },
  snapshot: Snapshot,
  at: AtWork,
): Promise<void> {
  const { systems } = at.hands;
  const { call } = at;
  const effort = await effortOf(systems, snapshot, what, `step ${at.job.step}`);
  const observe = async (): Promise<Observation> => effort.observe(call);
  await answerOf(call, assertTarget(effort.system, call), systems.clock);
  const first = known(await answerOf(call, observe(), systems.clock));
  if (first.type === 'holds') {
    await report(at, holds(systems, first.evidence));
    return;
  }
  if (effort.act.type === 'by-people') {
    const because = systems.hide(effort.act.because);
    await report(at, { type: 'failed', class: 'refused', because });
    return;
  }
  const destructive = what.type === 'state' ? what.destructive : undefined;
  const atMost =
    destructive === undefined ? undefined : await limitOf(destructive, effort.system, first, at);
  if (atMost === null) return;
  // Somebody else has the step by now: nothing may be applied.
  if (!(await tellObserved(at, first.evidence, first.change))) return;
  const receipt = await applyOnce(effort.act.act, at, atMost);
  if (!(await report(at, applied(systems, receipt)))) return;
  await report(at, await untilHolds(at, observe));
}

async function tellObserved(
  at: AtWork,
  evidence: Json,
  change: string | undefined,
): Promise<boolean> {
  const { systems } = at.hands;
  const { step, attempt } = at.job;
  const told = await tell(at, {
    type: 'ReportObserved',
    step,
    attempt,
    evidence: systems.hideJson(evidence),
    ...(change === undefined ? {} : { change: systems.hide(textOf(change)) }),
  });
  // A node that must stop applies nothing that it has not begun to apply.
  at.hands.signal.throwIfAborted();
  return told.type === 'done';
}

/** Applies; when the connector is deaf and answers after we stopped waiting, its receipt is still recorded as late. */
async function applyOnce(
  act: (call: ApplyCall) => Promise<Json>,
  at: AtWork,
  atMost: number | undefined,
): Promise<Json> {
  const { systems } = at.hands;
  const call = atMost === undefined ? at.call : { ...at.call, atMost };
  const applying = (async () => act(call))();
  try {
    return await answerOf(at.call, applying, systems.clock);
  } catch (error) {
    if (at.call.signal.aborted) {
      void applying.then((receipt) => report(at, applied(systems, receipt))).catch(() => undefined);
    }
    throw error;
  }
}

async function untilHolds(at: AtWork, observe: () => Promise<Observation>): Promise<AttemptResult> {
  const { systems, signal } = at.hands;
  const { call } = at;
  let wait = LOOK_AGAIN.firstMs;
  let last = 'it was never seen to hold';
  while (!call.signal.aborted) {
    const observation = known(await answerOf(call, observe(), systems.clock));
    if (observation.type === 'holds') return holds(systems, observation.evidence);
    last = observation.change ?? 'it differs still';
    await pause(wait, call.signal, systems.clock);
    wait = Math.min(LOOK_AGAIN.mostMs, wait * 2);
  }
  if (signal.aborted)
    throw new ConnectorError('cancelled', 'The node stops before the state was seen to hold.');
  return {
    type: 'failed',
    class: 'verification-failed',
    because: systems.hide(`Applied, and yet it does not hold: ${last}.`),
  };
}

function holds(systems: Systems, evidence: Json): AttemptResult {
  return { type: 'holds', evidence: systems.hideJson(evidence) };
}

function applied(systems: Systems, receipt: Json): AttemptResult {
  return { type: 'applied', receipt: systems.hideJson(receipt) };
}
