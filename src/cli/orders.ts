// What people tell a run: pause, resume, abort, confirm a step, skip it, try it again.
import type { RunOrder } from '../engine/control.ts';
import type { Cli } from './cli.ts';
import { connected } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { actorOf } from '../engine/identity.ts';
import { runNumber } from './people.ts';
import { markOf } from './view/marks.ts';
import { sentenceOf } from './view/sentences.ts';

/** Gives the order and says what it led to. */
export async function tellRun(
  cli: Cli,
  run: string | undefined,
  order: RunOrder,
  who: string | undefined,
): Promise<Exit> {
  const { out } = cli;
  return connected(cli, async ({ control, site, who: whoSays }) => {
    const number = await runNumber(control, run);
    const name = await whoSays(who);
    const answer = await control.tell(number, order, name);
    if (answer.type === 'rejected')
      throw new CliError('BK-0108', `[run ${number}] ${answer.because}`);
    const at = await control.now();
    for (const body of answer.events) {
      out.line({ type: 'event', stream: `run-${number}`, at, body });
      const { mark, text } = sentenceOf({
        stream: `run-${number}`,
        seq: 0,
        at,
        hash: '',
        actor: actorOf(name),
        body,
      });
      out.say(`${markOf(mark, out.look)} ${text}`);
    }
    if (answer.events.length === 0)
      out.say(`${markOf('already', out.look)} Run ${number} is so already.`);
    out.result({ run: number });
    if (site !== null && (await site.store.nodes.alive()).length === 0) {
      out.next(
        `backout watch ${number}`,
        'nobody serves this store now; watching carries the run on',
      );
    } else out.next(`backout watch ${number}`);
    return exits.fine;
  });
}
