// One attempt of one step, from taking it to telling its result: assert the target, observe, apply, observe again.
import { type ApplyCall, ConnectorError, type Json, type Observation, type Schema } from '../connector.ts';
import type { AttemptResult } from '../core/rollback/events.ts';
import type { GraphNode, Work } from '../core/rollback/graph.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import { answerOf, callFor, pause } from './calls.ts';
import { evidenceOfLooks, lookAtChecks, stateKind } from './checks.ts';
import { type Office, type StepJob, backout } from './office.ts';
import type { Events } from './readings.ts';
import type { Snapshot, Systems } from './systems.ts';
import { assertTarget } from './target.ts';
import { troubleOf } from './trouble.ts';

/** What an attempt needs of the node that carries it out. */
export interface Hands {
  readonly node: string;
  readonly office: Office;
  readonly systems: Systems;
  readonly events: Events;
  /** Aborts when the node loses its lock or gives up draining. */
  readonly signal: AbortSignal;
}

/** Between two looks at a state that does not hold yet: from, doubled, to at most. Milliseconds. */
const LOOK_AGAIN = { firstMs: 100, mostMs: 2_000 };

/** A verification looks so often. Milliseconds. */
const VERIFY_EVERY_MS = 1_000;

/** The attempt tells its own end so long before the timebox does, because it knows more to say. Milliseconds. */
const BEFORE_TIMEBOX_MS = 250;

/** Takes the attempt, if it still counts, and carries it out. Its result is in the journal when this returns. */
export async function carryOut(job: StepJob, hands: Hands): Promise<void> {
  const { office, node } = hands;
  const taken = await office.commandRun(job.run, { type: 'BeginAttempt', step: job.step, attempt: job.attempt, node }, backout);
  if (taken.type === 'rejected' || taken.state.type !== 'run') return;
  const run = taken.state;
  const graphNode = run.graph.nodes.find((each) => each.id === job.step);
  if (graphNode === undefined) return;
  const left = await timeLeft(run, graphNode, job, office);
  const call: ApplyCall = {
    ...callFor(left, hands.signal),
    idempotencyKey: `run-${job.run}/${job.step}`,
    attempt: job.attempt,
  };
  await work(graphNode.work, { run, job, hands, call });
}

/** The attempt at work. */
interface AtWork {
  readonly run: BegunRun;
  readonly job: StepJob;
  readonly hands: Hands;
  readonly call: ApplyCall;
}

async function timeLeft(run: BegunRun, node: GraphNode, job: StepJob, office: Office): Promise<number> {
  const startedAt = run.steps[job.step]?.startedAt ?? null;
  const spent = startedAt === null || job.attempt === 1 ? 0 : (await office.streams.journal.now()) - startedAt;
  return Math.max(1, node.timeboxMs - spent - Math.min(BEFORE_TIMEBOX_MS, node.timeboxMs / 10));
}

async function work(what: Work, at: AtWork): Promise<void> {
  try {
    const snapshot = await snapshotOf(at);
    switch (what.type) {
      case 'state':
        return await bringAbout(what, snapshot, at);
      case 'checkpoint':
        return await passCheckpoint(what, snapshot, at);
      case 'verification':
        return await verify(what, snapshot, at);
      case 'manual':
        return;
    }
  } catch (error) {
    if (at.hands.signal.aborted) return await handBack(at);
    const trouble = troubleOf(error, at.call.signal);
    await report(at, { type: 'failed', class: trouble.class, because: at.hands.systems.hide(trouble.because) });
  }
}

/** A run carries its plan by fingerprint; the snapshot lies in the migration's stream. */
async function snapshotOf(at: AtWork): Promise<Snapshot> {
  return at.hands.office.snapshot(at.run.plan, at.run.fingerprint);
}

async function bringAbout(what: Work & { type: 'state' }, snapshot: Snapshot, at: AtWork): Promise<void> {
  const { systems, office } = at.hands;
  const { call, job } = at;
  const system = await systems.open(snapshot, what.system);
  const kind = stateKind(systems, system.connector, what.uses);
  const desired = await systems.input(kind.desired as Schema<unknown>, what.desired, `step ${job.step}`);
  await answerOf(call, assertTarget(system, call));
  const first = known(await answerOf(call, kind.observe(system.client, desired, call)));
  if (first.type === 'holds') return report(at, holds(systems, first.evidence));
  if (kind.apply === undefined) {
    return report(at, { type: 'failed', class: 'refused', because: `${what.uses} can only be observed; people must bring it about and confirm the step.` });
  }
  const observed = await office.commandRun(
    job.run,
    {
      type: 'ReportObserved',
      step: job.step,
      attempt: job.attempt,
      evidence: systems.hideJson(first.evidence),
      ...(first.change === undefined ? {} : { change: systems.hide(first.change) }),
    },
    backout,
  );
  // Somebody else has the step by now: nothing may be applied.
  if (observed.type === 'rejected') return;
  const receipt = await answerOf(call, kind.apply(system.client, desired, call));
  await report(at, { type: 'applied', receipt: systems.hideJson(receipt) });
  await report(at, await untilHolds(at, () => kind.observe(system.client, desired, call)));
}

async function untilHolds(at: AtWork, observe: () => Promise<Observation>): Promise<AttemptResult> {
  const { systems } = at.hands;
  const { call } = at;
  let wait = LOOK_AGAIN.firstMs;
  let last = 'it was never seen to hold';
  while (!call.signal.aborted) {
    const observation = known(await answerOf(call, observe()));
    if (observation.type === 'holds') return holds(systems, observation.evidence);
    last = observation.change ?? 'it differs still';
    await pause(wait, call.signal);
    wait = Math.min(LOOK_AGAIN.mostMs, wait * 2);
  }
  return { type: 'failed', class: 'verification-failed', because: systems.hide(`Applied, and yet it does not hold: ${last}.`) };
}

/** What cannot be observed cannot be called done. */
function known(observation: Observation): Exclude<Observation, { type: 'unknown' }> {
  if (observation.type !== 'unknown') return observation;
  throw new ConnectorError(observation.class, observation.because);
}

function holds(systems: Systems, evidence: Json): AttemptResult {
  return { type: 'holds', evidence: systems.hideJson(evidence) };
}

async function passCheckpoint(what: Work & { type: 'checkpoint' }, snapshot: Snapshot, at: AtWork): Promise<void> {
  const { systems, events, office } = at.hands;
  const { call } = at;
  let wait = LOOK_AGAIN.firstMs;
  let open = '';
  while (!call.signal.aborted) {
    const now = await office.streams.journal.now();
    const looks = await lookAtChecks(systems, events, snapshot, what.checks, now, callFor(call.deadline - Date.now(), call.signal));
    const missing = looks.filter((look) => look.says !== 'holds');
    if (missing.length === 0) return report(at, { type: 'holds', evidence: evidenceOfLooks(looks) });
    if (!call.signal.aborted) open = missing.map((look) => `${look.check} ${look.says} (${JSON.stringify(look.evidence)})`).join('; ');
    await pause(wait, call.signal);
    wait = Math.min(LOOK_AGAIN.mostMs, wait * 2);
  }
  await report(at, { type: 'failed', class: 'verification-failed', because: `Checkpoint ${what.checkpoint} did not pass in its time: ${open}.` });
}

async function verify(what: Work & { type: 'verification' }, snapshot: Snapshot, at: AtWork): Promise<void> {
  const { systems, events, office } = at.hands;
  const { call, job } = at;
  let gaplessSince: number | null = null;
  while (!call.signal.aborted) {
    const now = await office.streams.journal.now();
    const looks = await lookAtChecks(systems, events, snapshot, what.checks, now, callFor(VERIFY_EVERY_MS * 5, call.signal));
    if (call.signal.aborted) break;
    gaplessSince ??= now;
    const all = looks.every((look) => look.says === 'holds');
    const evidence = evidenceOfLooks(looks);
    const told = await office.commandRun(job.run, { type: 'ReportVerification', attempt: job.attempt, holds: all, evidence, gaplessSince }, backout);
    if (told.type === 'rejected' || (told.state.type === 'run' && told.state.status === 'ended')) return;
    await pause(Math.min(VERIFY_EVERY_MS, Math.max(100, what.holdMs / 5)), call.signal);
  }
  if (at.hands.signal.aborted) await handBack(at);
}

/** This node has to stop: another one may go on at once instead of waiting until we are found missing. */
async function handBack(at: AtWork): Promise<void> {
  const { job, hands } = at;
  const { step, attempt } = job;
  await hands.office.commandRun(job.run, { type: 'ReportLost', step, attempt, node: hands.node }, backout);
}

async function report(at: AtWork, result: AttemptResult): Promise<void> {
  const { job, hands } = at;
  await hands.office.commandRun(job.run, { type: 'ReportResult', step: job.step, attempt: job.attempt, result }, backout);
}
