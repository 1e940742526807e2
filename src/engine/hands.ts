// The hands of a node: what carrying out an attempt needs, and how its news reach the journal.
import type { ApplyCall } from '../connector.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import type { RunCommand } from '../core/rollback/commands.ts';
import type { AttemptResult, RunEvent } from '../core/rollback/events.ts';
import { runStream } from '../core/rollback/run.ts';
import type { BegunRun, Run } from '../core/rollback/state.ts';
import type { Log } from './log.ts';
import { type Office, type Outcome, type StepJob, backout } from './office.ts';
import { isOutage, waitOut } from './outage.ts';
import type { Events } from './readings.ts';
import type { Systems } from './systems.ts';

/** What an attempt needs of the node that carries it out. */
export interface Hands {
  readonly node: string;
  readonly office: Office;
  readonly systems: Systems;
  readonly events: Events;
  /** Aborts when the node loses its lock or gives up draining. */
  readonly signal: AbortSignal;
  /** Hears when an outage of the journal holds something up; nobody when left out. */
  readonly log?: Log;
}

/** An attempt at work. */
export interface AtWork {
  readonly run: BegunRun;
  readonly job: StepJob;
  readonly hands: Hands;
  readonly call: ApplyCall;
}

/** A result that is known is kept in hand for so long while the store is away. Milliseconds. */
const REPORT_WITHIN_MS = 60_000;

/** Handing an attempt back is tried for so long; then peers find by themselves that nobody has it. Milliseconds. */
const HAND_BACK_WITHIN_MS = 2_000;

/** Tells the run something of this attempt; an outage of the store is waited out for as long as the attempt lasts. */
export async function tell(at: AtWork, command: RunCommand): Promise<Outcome<Run>> {
  const { hands, job, call } = at;
  return waitOut(
    () => hands.office.commandRun(job.run, command, backout),
    call.signal,
    hands.log,
    hands.systems.clock,
  );
}

/** Brings a result into the journal. Says whether the attempt is still under way after it. */
export async function report(at: AtWork, result: AttemptResult): Promise<boolean> {
  const { hands, job } = at;
  const { step, attempt } = job;
  let asked = false;
  return waitOut(
    async () => {
      // The answer to an earlier try may be what was lost, and not the result.
      if (asked && (await isRecorded(at, result)))
        return isUnderWay(at, (await hands.office.run(job.run)).state);
      asked = true;
      const told = await hands.office.commandRun(
        job.run,
        { type: 'ReportResult', step, attempt, result },
        backout,
      );
      return told.type === 'done' && isUnderWay(at, told.state);
    },
    hands.systems.clock.timeout(REPORT_WITHIN_MS),
    hands.log,
    hands.systems.clock,
  );
}

/** This node has to stop: another one may go on at once instead of waiting until we are found missing. */
export async function handBack(at: AtWork): Promise<void> {
  const { job, hands } = at;
  const { step, attempt } = job;
  const lost: RunCommand = { type: 'ReportLost', step, attempt, node: hands.node };
  try {
    await waitOut(
      () => hands.office.commandRun(job.run, lost, backout),
      hands.systems.clock.timeout(HAND_BACK_WITHIN_MS),
      hands.log,
      hands.systems.clock,
    );
  } catch (error) {
    if (!isOutage(error)) throw error;
  }
}

/** Is it this attempt that counts, on this node? */
export function isUnderWay(
  { job, hands }: Pick<AtWork, 'job' | 'hands'>,
  run: Run,
): run is BegunRun {
  if (run.type === 'none' || run.status === 'ended') return false;
  const step = Object.hasOwn(run.steps, job.step) ? run.steps[job.step] : undefined;
  return step?.status === 'running' && step.attempt === job.attempt && step.node === hands.node;
}

async function isRecorded({ job, hands }: AtWork, result: AttemptResult): Promise<boolean> {
  const events = (await hands.office.streams.journal.read(
    runStream(job.run),
  )) as readonly JournalEvent<RunEvent>[];
  return events.some(({ body }) => {
    if (
      !('step' in body) ||
      !('attempt' in body) ||
      body.step !== job.step ||
      body.attempt !== job.attempt
    )
      return false;
    return body.type === 'StepLateResultRecorded'
      ? body.result.type === result.type
      : body.type === recordedAs[result.type];
  });
}

const recordedAs = {
  holds: 'StepConfirmed',
  applied: 'StepApplied',
  failed: 'StepAttemptFailed',
} as const;
