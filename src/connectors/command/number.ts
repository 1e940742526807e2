// The signal of a command: the number that it prints in its last line.
import { z } from 'zod';
import {
  ConnectorError,
  type Call,
  type ErrorClass,
  type Reading,
  type SignalKind,
} from '../../connector.ts';
import { notNow } from '../live.ts';
import { argv, type Asked, type CommandClient } from './client.ts';
import { lastLineOf } from './output.ts';
import { failureOf, run } from './step.ts';

type Query = { readonly command: readonly string[]; readonly cwd?: string | undefined };

/** The signal for commands that run here or elsewhere. */
export function printedNumber<Client extends CommandClient>(
  who: string,
): SignalKind<Client, Query> {
  return {
    summary: 'The number that a command prints in its last line',
    query: z.strictObject({
      command: argv,
      cwd: z.string().optional(),
    }),
    read: async (client, query, when, call): Promise<readonly Reading[]> => {
      const refused = notNow(who, when);
      if (refused !== undefined) return refused;
      const at = when.type === 'at' ? when.at : when.to;
      return [await readNumber(client, { argv: query.command, cwd: query.cwd }, at, call)];
    },
  };
}

async function readNumber(
  client: CommandClient,
  asked: Asked,
  at: number,
  call: Call,
): Promise<Reading> {
  const error = (errorClass: ErrorClass, because: string): Reading => ({
    type: 'error',
    at,
    class: errorClass,
    because,
  });
  try {
    const ran = await run(client, asked, call);
    const failure = failureOf(client, 'read', asked.argv, ran, [0]);
    if (failure !== undefined) return error(failure.class, failure.message);
    const line = ran.type === 'exited' ? lastLineOf(ran.out) : '';
    if (line === '' || line === 'null')
      return { type: 'no-data', at, because: 'the command printed nothing' };
    const value = Number(line.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity'));
    if (Number.isNaN(value) && !/^nan$/i.test(line)) {
      const shown = client.conceal.text(JSON.stringify(line.slice(0, 80)));
      return error(
        'refused',
        `[${client.who}] Cannot read ${client.system}: its last line is no number but ${shown}.`,
      );
    }
    if (!Number.isFinite(value))
      return { type: 'no-data', at, because: `the command printed ${line}` };
    return { type: 'number', at, value };
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown;
    return error(thrown.class, thrown.message);
  }
}
