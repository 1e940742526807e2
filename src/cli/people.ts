// The name under which orders stand in the journal, and numbers of runs as people write them.
import type { Control } from '../engine/control.ts';
import type { Cli } from './cli.ts';
import { CliError } from './exit.ts';

/** --who, else the name of the user of this machine. */
export function whoOf({ platform }: Cli, said: string | undefined): string {
  const name = (said ?? platform.who()).trim();
  if (name !== '') return name;
  throw new CliError(
    'BK-0101',
    '[backout] Cannot give orders for nobody: say who you are with --who.',
  );
}

/** `7` or `run-7`; without one, the only run that has not ended. */
export async function runNumber(control: Control, said: string | undefined): Promise<number> {
  if (said !== undefined) {
    const found = /^(?:run-)?([1-9]\d{0,14})$/.exec(said);
    if (found !== null) return Number(found[1]);
    throw new CliError(
      'BK-0105',
      `[backout] Cannot find a run "${said}": runs have numbers, as in 7 or run-7. List them with: backout journal`,
    );
  }
  const open = (await control.runs()).filter((run) => run.endedAt === null);
  const [only, second] = open;
  if (only !== undefined && second === undefined) return only.run;
  const which = open.map((run) => `${run.run} (${run.plan})`).join(', ');
  throw new CliError(
    'BK-0105',
    only === undefined
      ? '[backout] No run is under way. Name one by its number; backout journal lists them.'
      : `[backout] Several runs are under way: ${which}. Name one.`,
  );
}
