// The command connector: whatever a program on this machine can see and do, as a state or a signal.
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  ConnectorError,
  defineConnector,
  defineSignal,
  type Call,
  type ErrorClass,
  type Identity,
  type Reading,
} from '../../connector.ts';
import { notNow } from '../live.ts';
import { parseJson } from '../pointer.ts';
import {
  argv,
  commandOptions,
  openCommand,
  type CommandClient,
  type CommandOptions,
} from './client.ts';
import { holds } from './holds.ts';
import { lastLineOf } from './output.ts';
import { failureOf, run } from './step.ts';

/** What plans name by `uses: command`. */
export const command = defineConnector<CommandOptions, CommandClient>({
  name: 'command',
  summary: 'Programs on the machine that Backout runs on: observe, apply and measure by commands',
  options: commandOptions,
  open: openCommand,
  identify: async (client, call): Promise<Identity> => {
    if (client.identity === undefined) return { evidence: { directory: client.directory } };
    const ran = await run(client, { argv: client.identity }, call);
    const failure = failureOf(client, 'ask who answers by', client.identity, ran, [0]);
    if (failure !== undefined) throw failure;
    const said = ran.type === 'exited' ? parseJson(lastLineOf(ran.out)) : undefined;
    if (said === undefined || said === null || typeof said !== 'object') {
      const message = `[command] Cannot tell who answers for ${client.system}: the last line of ${client.identity[0]} is no JSON object.`;
      throw new ConnectorError('refused', message);
    }
    const fields = Object.entries(said).filter(
      ([name, value]) => identityFields.includes(name) && typeof value === 'string',
    );
    return { ...Object.fromEntries(fields), evidence: client.conceal.json(said) };
  },
  signal: defineSignal({
    summary: 'The number that a command prints in its last line',
    query: z.strictObject({
      command: argv,
      cwd: z.string().optional(),
    }),
    read: async (client: CommandClient, query, when, call): Promise<readonly Reading[]> => {
      const refused = notNow('command', when);
      if (refused !== undefined) return refused;
      const at = when.type === 'at' ? when.at : when.to;
      const directory = query.cwd === undefined ? undefined : resolve(client.directory, query.cwd);
      return [await readNumber(client, { argv: query.command, directory }, at, call)];
    },
  }),
  states: { holds },
});

const identityFields: readonly string[] = ['environment', 'role', 'id'];

async function readNumber(
  client: CommandClient,
  asked: { readonly argv: readonly string[]; readonly directory: string | undefined },
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
        `[command] Cannot read ${client.system}: its last line is no number but ${shown}.`,
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
