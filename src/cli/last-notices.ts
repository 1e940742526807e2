// A command that carried a run out alone stays until people were told of its end: nobody else would tell them.
import type { Plan } from '../core/plan/plan.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import type { Control } from '../engine/control.ts';

/** How long deliveries may take before the rest is left to whoever serves next. Milliseconds. */
const waitMs = 10_000;

/** How many notices of the run's end are not delivered yet. */
export async function undelivered(control: Control, run: BegunRun): Promise<number> {
  const migration = await control.migration(run.plan);
  if (migration.type === 'none') return 0;
  // The cast holds because a snapshot is the Plan that the parser made, kept as JSON.
  const { notices } = migration.snapshot as unknown as Plan;
  if (notices === undefined || !notices.on.includes('run-end')) return 0;
  const missing = new Set(notices.to.map((_, index) => `run-${run.run}-end/${index}`));
  const late = AbortSignal.timeout(waitMs);
  for await (const { body } of control.follow(`notices-${run.plan}`, 1, late)) {
    if (body.type === 'NoticeSent' && 'notice' in body) missing.delete(String(body.notice));
    if (missing.size === 0) break;
  }
  return missing.size;
}
