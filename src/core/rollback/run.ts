// The run as an aggregate of the journal: stream `run-<number>`.
import type { Aggregate } from '../journal/aggregate.ts';
import type { RunCommand } from './commands.ts';
import { decide } from './decide.ts';
import { type RunEvent, runEventTypes } from './events.ts';
import { evolve } from './evolve.ts';
import type { Run } from './state.ts';
import { nextDeadline } from './tick.ts';
import { summarise } from './views.ts';

/** A run: commands in, events out. */
export const runAggregate: Aggregate<Run, RunCommand, RunEvent> = {
  kind: 'run',
  initial: { type: 'none' },
  eventTypes: runEventTypes,
  decide,
  evolve,
  deadline: nextDeadline,
  summarise,
};

/** The stream of a run. */
export function runStream(run: number): string {
  return `run-${run}`;
}
