// `backout store check`: every chain verified, every projection compared with its events, and rebuilt when asked.
import { project } from '../engine/projections.ts';
import type { Cli } from './cli.ts';
import { onStore } from './connection.ts';
import { exits, type Exit } from './exit.ts';
import { markOf } from './view/marks.ts';

/** Options of `store check`. */
export interface StoreCheckOptions {
  readonly rebuild?: boolean;
}

/** Exit 1 when something is not as it was written and was not mended. */
export async function storeCheck(cli: Cli, { rebuild = false }: StoreCheckOptions): Promise<Exit> {
  const { out } = cli;
  return onStore(cli, 'check the store', async ({ store }) => {
    const { streams, events, problems } = await store.check({ project, rebuild });
    for (const problem of problems) {
      const { type: kind, ...facts } = problem;
      out.line({ type: 'store-problem', kind, ...facts });
      const mended = problem.type === 'wrong-projection' && problem.rebuilt;
      const what =
        problem.type === 'broken-chain'
          ? `event ${problem.seq} is the first that is not as it was written`
          : `projection at event ${problem.seq}`;
      out.say(
        `${markOf(mended ? 'attention' : 'bad', out.look)} ${problem.stream}: ${what}: ${problem.why}${mended ? '; rebuilt' : ''}.`,
      );
    }
    const open = problems.filter((problem) => problem.type === 'broken-chain' || !problem.rebuilt);
    out.result({ streams, events, problems: problems.length, open: open.length });
    if (open.length === 0)
      out.say(
        `${markOf('good', out.look)} ${streams} streams with ${events} events are whole, and the projections say what they say.`,
      );
    else
      advise(
        cli,
        open.some((problem) => problem.type === 'broken-chain'),
      );
    return open.length === 0 ? exits.fine : exits.no;
  });
}

function advise({ out }: Cli, broken: boolean): void {
  if (broken)
    out.say(
      'A chain that is broken was changed from outside. Keep a copy of the database as it is, and compare with a backup or an export.',
    );
  else out.next('backout store check --rebuild', 'writes the projections anew from the events');
}
