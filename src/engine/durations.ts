// What past runs of a plan measured, read from the journal: forecasts are drawn from it.
import { type Durations, durationsOf } from '../core/rollback/durations.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import type { RunSummary } from '../core/rollback/views.ts';
import type { Office } from './office.ts';

/** So many of the newest runs count: what a step took years ago says little of tonight. */
const RUNS_MAX = 50;

/** Among so many of the newest runs of all plans those of this plan are looked for. */
const LISTED = 1_000;

/** The durations of the newest runs of this plan that have ended. */
export async function durationsOfPlan(office: Office, plan: string): Promise<Durations> {
  const listed = await office.streams.journal.list('run-', LISTED);
  const ended = listed
    // The cast holds because the summary of a run's stream is made by the run's own view.
    .map(({ summary }) => summary as unknown as RunSummary)
    .filter((run) => run.plan === plan && run.endedAt !== null)
    .slice(0, RUNS_MAX);
  const runs = await Promise.all(ended.map(({ run }) => endedRun(office, run)));
  return durationsOf(runs.filter((run) => run !== null));
}

/** Nothing changes a run that has ended: each is read from the journal once, and not again for each look at a page. */
const known = new WeakMap<Office, Map<number, BegunRun>>();

/** So many are remembered; beyond that all are forgotten and read again. */
const KNOWN_MAX = 1_000;

async function endedRun(office: Office, run: number): Promise<BegunRun | null> {
  const ofOffice = known.get(office) ?? new Map<number, BegunRun>();
  known.set(office, ofOffice);
  const remembered = ofOffice.get(run);
  if (remembered !== undefined) return remembered;
  const { state } = await office.run(run);
  if (state.type === 'none') return null;
  if (ofOffice.size >= KNOWN_MAX) ofOffice.clear();
  if (state.status === 'ended') ofOffice.set(run, state);
  return state;
}
