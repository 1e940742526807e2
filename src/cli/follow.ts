// Follows a run until it has ended or the person has seen enough: painted on a terminal, a line per event in a pipe, JSON for programs.
import { isVerified } from '../core/rollback/told.ts';
import { runStream } from '../core/rollback/run.ts';
import { NEVER_TIMED } from '../core/rollback/durations.ts';
import { evolve } from '../core/rollback/evolve.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import type { BegunRun, Run } from '../core/rollback/state.ts';
import type { Control } from '../engine/control.ts';
import type { Cli } from './cli.ts';
import { exits, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import { endOf } from './view/end.ts';
import { markOf } from './view/marks.ts';
import { Painter } from './view/painter.ts';
import { renderRun } from './view/run.ts';
import { sentenceOf } from './view/sentences.ts';
import { timeOf } from './view/time.ts';
import { waitsOf } from './view/waits.ts';

/** Shows the run as it goes; answers its state at the end, which is not the run's end when the signal came first. */
export async function followRun(
  { out }: Cli,
  control: Control,
  run: number,
  signal: AbortSignal,
): Promise<Run> {
  // The store's clock counts; this machine's may be off.
  const ahead = (await control.now()) - Date.now();
  let state: Run = { type: 'none' };
  let durations = NEVER_TIMED;
  const painter = out.live
    ? new Painter(out.stdout, () =>
        state.type === 'none'
          ? []
          : renderRun(state, { ...out.look, now: Date.now() + ahead }, durations),
      )
    : null;
  try {
    for await (const event of control.follow(runStream(run), 1, signal)) {
      // The cast holds because a run's stream holds events of runs only.
      state = evolve(state, event as JournalEvent<RunEvent>);
      if (event.body.type === 'RunStarted' && state.type === 'run') {
        durations = await control.durations(state.plan);
      }
      if (painter === null) tell(out, event, state);
      if (state.type === 'run' && state.end !== null) break;
    }
  } finally {
    painter?.stop();
  }
  if (state.type === 'run' && painter === null)
    for (const line of endOf(state, out.look)) out.say(line);
  return state;
}

/** The exit code and the facts of a run that has ended. */
export function exitOfRun({ out }: Cli, run: BegunRun): Exit {
  const { end } = run;
  out.result({
    run: run.run,
    outcome: end?.outcome ?? null,
    because: end?.because ?? null,
    startedAt: run.startedAt,
    endedAt: end?.at ?? null,
  });
  out.next(`backout journal run-${run.run}`, 'everything that happened');
  if (end?.outcome !== 'aborted' && run.undoes === undefined)
    out.next(`backout undo ${run.run} --preview`, 'what taking it back would change');
  return end !== null && isVerified(end.outcome) ? exits.fine : exits.no;
}

/** One event as a line; what a blocked or asked step needs comes right below it. */
export function tell(out: Output, event: JournalEvent, state?: Run): void {
  out.line({ type: 'event', ...event });
  if (out.json) return;
  const { mark, text } = sentenceOf(event);
  out.say(`${timeOf(event.at)} ${markOf(mark, out.look)} ${text}`);
  const waits = [
    'StepBlocked',
    'StepAsked',
    'StepConsentWanted',
    'StepSkipWanted',
    'RunPaused',
  ].includes(event.body.type);
  if (waits && state?.type === 'run') for (const line of waitsOf(state, out.look)) out.say(line);
}
