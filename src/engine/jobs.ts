// The jobs of a run: one for each attempt that may begin, laid ready in the same transaction as the event that says so.
import type { NewEvent } from '../core/journal/event.ts';
import type { Job } from '../core/journal/journal.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import { runStream } from '../core/rollback/run.ts';

/** A step's job: which attempt of which step of which run. */
export interface StepJob {
  readonly run: number;
  readonly step: string;
  readonly attempt: number;
}

/** The jobs that these events of a run call for. */
export function jobsOf(run: number, events: readonly NewEvent<RunEvent>[]): readonly Job[] {
  return events.flatMap(({ body }): readonly Job[] => {
    if (body.type !== 'StepDispatched') return [];
    const { step, attempt, again = 0 } = body;
    const data = { run, step, attempt } satisfies StepJob;
    return [{ queue: 'step', key: `${runStream(run)}/${step}/${attempt}/${again}`, data }];
  });
}
