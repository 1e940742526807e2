// What stands against an automatic rollback: guards against overcorrection.
import type { Objection } from '../trigger.ts';
import type { KnownMigration } from './state.ts';

/** Why no trigger may start a run by itself now; null when none of the guards objects. */
export function objectionOf(migration: KnownMigration, now: number): Objection {
  const { cooldownMs, atMost } = migration.guards;
  if (migration.activeRun !== null) return `${holderOf(migration)} has the target`;
  if (migration.lastRunEndedAt !== null && now < migration.lastRunEndedAt + cooldownMs) {
    const left = Math.ceil((migration.lastRunEndedAt + cooldownMs - now) / 1000);
    return `the cool-down after the last run has ${left} s left`;
  }
  if (atMost !== null) {
    const recent = migration.runsBeganAt.filter((at) => at > now - atMost.perMs).length;
    if (recent >= atMost.count) {
      return `${recent} of at most ${atMost.count} runs began within the last ${Math.round(atMost.perMs / 60_000)} min`;
    }
  }
  return null;
}

/** Which run has the target now, in words: `run 7, a drill,`. */
export function holderOf({ activeRun, activeKind, activeUndoes }: KnownMigration): string {
  const what = activeUndoes === null ? `a ${activeKind ?? 'run'}` : 'an undo';
  return `run ${activeRun ?? ''}, ${what},`;
}
