// The state command/holds: a command that tells whether it holds, and one that makes it so.
import { z } from 'zod';
import {
  ConnectorError,
  defineState,
  type ApplyCall,
  type Json,
  type Receipt,
} from '../../connector.ts';
import { argv, environment, type Asked, type CommandClient } from './client.ts';
import { saidIn } from './output.ts';
import { failureOf, run } from './step.ts';

const exit = z.int().min(0).max(255);

const desired = z.strictObject({
  observe: argv.meta({ description: 'Exits with 0 when the state holds, with 1 when it does not' }),
  apply: argv.optional().meta({ description: 'Makes it so; left out: people do' }),
  undo: argv.optional().meta({
    description:
      'Brings back what was there before; finds the receipt of apply on standard input (null when it got lost), and what observe saw before the first apply in BACKOUT_BEFORE',
  }),
  cwd: z.string().optional(),
  env: environment.default({}),
  'holds-exit': exit.default(0).meta({ description: 'Default: 0' }),
  'differs-exit': exit.default(1).meta({ description: 'Default: 1; all other codes are unknown' }),
});

type Desired = z.output<typeof desired>;

/** Observes, applies and undoes by commands. */
export const holds = defineState({
  summary: 'One command sees that all is well; another makes it so',
  desired,
  observe: async (client: CommandClient, wanted: Desired, call) => {
    const ran = await run(client, asked(wanted, wanted.observe), call);
    const codes = [wanted['holds-exit'], wanted['differs-exit']];
    const failure = failureOf(client, 'observe', wanted.observe, ran, codes);
    if (failure !== undefined) throw failure;
    const said = ran.type === 'exited' ? saidIn(ran.out) : '';
    const evidence = client.conceal.json({ said, ...ofRun(ran) });
    if (ran.type === 'exited' && ran.code === wanted['holds-exit'])
      return { type: 'holds', evidence };
    const change = changeIn(said);
    // Who reads a preview must see that nobody but people will make it so.
    if (change === undefined && wanted.apply === undefined)
      return { type: 'differs', evidence, change: 'it differs, by hand: the plan gives no apply' };
    if (change === undefined) return { type: 'differs', evidence };
    return { type: 'differs', evidence, change: client.conceal.text(change) };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    if (wanted.apply === undefined) throw missing(client, 'apply');
    return act(client, wanted, wanted.apply, 'apply on', call);
  },
  undo: async (client, wanted, { before, receipt }, call): Promise<Receipt> => {
    if (wanted.undo === undefined) throw missing(client, 'undo');
    const env = { ...wanted.env, BACKOUT_BEFORE: JSON.stringify(before) };
    const input = JSON.stringify(receipt);
    return act(client, { ...wanted, env }, wanted.undo, 'undo on', call, input);
  },
  cannotUndo: ({ undo }) =>
    undo === undefined ? 'the plan gives no command for it (undo: [program, …])' : undefined,
});

async function act(
  client: CommandClient,
  wanted: Desired,
  words: readonly string[],
  verb: string,
  call: ApplyCall,
  input?: string,
): Promise<Receipt> {
  const ran = await run(
    client,
    { ...asked(wanted, words), ...(input === undefined ? {} : { input }) },
    call,
  );
  const failure = failureOf(client, verb, words, ran, [0]);
  if (failure !== undefined) throw failure;
  const said = ran.type === 'exited' ? saidIn(ran.out) : '';
  return client.conceal.json({ said, ...ofRun(ran) });
}

function asked(wanted: Desired, words: readonly string[]): Asked {
  return { argv: words, cwd: wanted.cwd, environment: wanted.env };
}

function ofRun(ran: {
  readonly type: string;
  readonly code?: number | string;
  readonly ms?: number;
}) {
  return { exit: ran.code ?? null, ms: ran.ms ?? 0 };
}

/** A command that prints JSON may say in `change` what applying would do. */
function changeIn(said: Json): string | undefined {
  if (said === null || typeof said !== 'object' || !('change' in said)) return undefined;
  return typeof said.change === 'string' ? said.change : undefined;
}

function missing(client: CommandClient, what: 'apply' | 'undo'): ConnectorError {
  return new ConnectorError(
    'refused',
    `[${client.who}] Cannot ${what} on ${client.system}: the plan gives no command for it. Add ${what}: [program, word, …].`,
  );
}
