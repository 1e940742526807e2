// The forecast of a run as the server gives it: the run, what past runs measured, and the store's clock.
import { type Forecast, forecast } from '../core/rollback/forecast.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import type { Control } from '../engine/control.ts';

/** What is to be expected of this run now. */
export async function forecastOf(control: Control, run: BegunRun): Promise<Forecast> {
  const [durations, now] = await Promise.all([control.durations(run.plan), control.now()]);
  return forecast({ graph: run.graph, run, durations, rtoMs: run.objectives.rtoMs, now });
}
