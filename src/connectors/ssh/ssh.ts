// The ssh connector: whatever a program on another host can see and do, as a state or a signal.
import { defineConnector, type Call, type ProbeAnswer } from '../../connector.ts';
import type { CommandClient } from '../command/client.ts';
import { holds } from '../command/holds.ts';
import { identifyByCommand } from '../command/identity.ts';
import { printedNumber } from '../command/number.ts';
import { failureOf, run } from '../command/step.ts';
import { readinessBy } from '../readiness.ts';
import { openSsh, sshOptions, type SshOptions } from './client.ts';

/** What plans name by `uses: ssh`. */
export const ssh = defineConnector<SshOptions, CommandClient>({
  name: 'ssh',
  summary: 'Programs on another host, over SSH: observe, apply and measure by commands',
  options: sshOptions,
  open: openSsh,
  identify: identifyByCommand,
  probe: async (client, call): Promise<ProbeAnswer> =>
    readinessBy(async () => {
      await assertRuns(client, call);
      return client.place;
    }),
  signal: printedNumber('ssh'),
  states: { holds },
});

/** Runs a command that does nothing: so much must work for all others. */
async function assertRuns(client: CommandClient, call: Call): Promise<void> {
  const nothing = ['true'];
  const ran = await run(client, { argv: nothing }, call);
  const failure = failureOf(client, 'use', nothing, ran, [0]);
  if (failure !== undefined) throw failure;
}
