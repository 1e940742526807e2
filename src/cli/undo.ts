// `backout undo`: takes back what a run changed, by a run of its own; with --preview it only asks and says.
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import { migrationStream } from '../core/decision/migration/migration.ts';
import { objectionToUndo } from '../core/decision/migration/undo.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import { type UndoGraph, compileUndo } from '../core/rollback/undo.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import type { Control } from '../engine/control.ts';
import { type Snapshot, planOf } from '../engine/systems.ts';
import type { Cli } from './cli.ts';
import { connected } from './connection.ts';
import { CliError, type Exit } from './exit.ts';
import { runNumber } from './people.ts';
import { accepted } from './answers.ts';
import { followWanted } from './run.ts';
import { paint } from './view/marks.ts';

/** Options of `undo`. */
export interface UndoOptions {
  readonly from?: string;
  readonly because?: string;
  readonly preview?: boolean;
  readonly who?: string;
}

/** Orders the undo, or previews it. Exit 0 only when it ended undone and verified. */
export async function undo(cli: Cli, said: string, options: UndoOptions): Promise<Exit> {
  const because = options.because?.trim() ?? '';
  if (because === '' && options.preview !== true) {
    throw new CliError(
      'BK-0101',
      '[undo] Cannot undo without a reason: say it with --because "…". To see first what would change: --preview',
    );
  }
  return connected(cli, async (connection) => {
    const { control } = connection;
    const number = await runNumber(control, said);
    if (options.preview === true) return previewUndo(cli, control, number, options.from);
    const who = await connection.who(options.who);
    const from = options.from === undefined ? {} : { from: options.from };
    const ordered = accepted(await control.undo(number, { because, ...from }, who));
    const undone = await control.run(number);
    return followWanted(cli, connection, undone.type === 'run' ? undone.plan : '', ordered);
  });
}

async function previewUndo(
  cli: Cli,
  control: Control,
  number: number,
  from: string | undefined,
): Promise<Exit> {
  const run = await control.run(number);
  if (run.type === 'none') {
    throw new CliError(
      'BK-0105',
      `[undo] There is no run ${number} here. List them with: backout journal`,
    );
  }
  const compiled = compileUndo(run, from);
  const refusal = compiled.type === 'refused' ? compiled : await objection(control, run, compiled);
  if (refusal !== null) throw new CliError('BK-0108', `[run ${number}] ${refusal.because}`);
  const { graph, undoes } = compiled as UndoGraph & { type: 'graph' }; // a refusal was thrown
  const name = paint('bold', `run ${number}`, cli.out.look);
  const part = undoes.from === undefined ? '' : ` from ${undoes.from} on`;
  const what = `Would undo ${name}${part} (${run.playbook} of ${run.plan})`;
  const { previewGraph } = await import('./preview.ts');
  return previewGraph(cli, await snapshotOf(control, run), graph, what, undefined);
}

async function objection(
  control: Control,
  { plan }: BegunRun,
  { undoes }: UndoGraph & { type: 'graph' },
): Promise<{ readonly because: string } | null> {
  const migration = await control.migration(plan);
  return migration.type === 'none' ? null : objectionToUndo(migration, undoes);
}

/** The plan that the run went by, which need not be the one that is armed now. */
async function snapshotOf(control: Control, { plan, fingerprint }: BegunRun): Promise<Snapshot> {
  // The cast holds because a migration's stream holds events of migrations only.
  const events = (await control.events(
    migrationStream(plan),
  )) as readonly JournalEvent<MigrationEvent>[];
  const armed = events
    .map(({ body }) => body)
    .findLast((body) => body.type === 'PlanArmed' && body.fingerprint === fingerprint);
  if (armed?.type !== 'PlanArmed')
    throw new CliError(
      'BK-0199',
      `[undo] The journal has no plan with fingerprint ${fingerprint}.`,
    );
  return { plan: planOf(armed.snapshot), fingerprint, directory: armed.directory };
}
