// When a run may be undone: nothing is under way, it still stands, and nothing newer was built on it.
import { type Decided, type Rejected, reject } from '../../journal/aggregate.ts';
import { underWay } from './answers.ts';
import { orderOrAsk } from './approving.ts';
import type { Undoes } from '../../rollback/events.ts';
import type { MigrationCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import type { MigrationEvent } from './events.ts';
import type { KnownMigration, Past } from './state.ts';

/** A person orders the undo of a run. */
export function orderUndo(
  draft: Draft,
  command: MigrationCommand & { type: 'OrderUndo' },
): Decided<MigrationEvent> {
  const { migration } = draft;
  return objectionToUndo(migration, command.undoes) ?? orderOrAsk(draft, command);
}

/** Why this run can't be undone now, with what can; null when it can. */
export function objectionToUndo(migration: KnownMigration, { run, from }: Undoes): Rejected | null {
  const { past, plan, activeRun } = migration;
  if (activeRun !== null) return underWay(migration, activeRun);
  const wanted = past.find((each) => each.run === run);
  if (wanted === undefined) {
    return reject(
      'nothing-to-undo',
      `Run ${run} changed nothing in ${plan}, or it is too old to say what was changed since: there is nothing that could safely be undone.`,
    );
  }
  const undone = whatUndid(past, run);
  // A single step may have been skipped by the undo of the whole: it may be asked for again.
  if (undone !== undefined && from === undefined) {
    return reject(
      'undone-already',
      `Run ${run} was undone by run ${undone.run} already. To bring back what run ${run} had brought about: backout undo ${undone.run} --because "…"`,
    );
  }
  const newer = past.find((each) => stands(past, each) && isBuiltOn(each, run));
  if (newer === undefined) return null;
  return reject(
    'run-overtaken',
    `Run ${newer.run} changed the same target after run ${run}, so what was kept of run ${run} is no longer what was there last. Undo run ${newer.run} first: backout undo ${newer.run} --because "…"`,
  );
}

/** A newer run that neither undid this one in part nor took another newer one back. */
function isBuiltOn(each: Past, run: number): boolean {
  return each.run > run && (each.undoes === null || each.undoes.run < run);
}

/** What a run brought about stands as long as no undo of the whole of it has come to its end and stands itself. */
function stands(past: readonly Past[], { run }: Past): boolean {
  return whatUndid(past, run) === undefined;
}

function whatUndid(past: readonly Past[], run: number): Past | undefined {
  return past.find(
    (each) =>
      each.run > run &&
      each.undoes?.run === run &&
      each.undoes.from === undefined &&
      each.outcome !== 'aborted' &&
      stands(past, each),
  );
}
