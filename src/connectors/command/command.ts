// The command connector: whatever a program on this machine can see and do, as a state or a signal.
import { defineConnector } from '../../connector.ts';
import { commandOptions, openCommand, type CommandClient, type CommandOptions } from './client.ts';
import { holds } from './holds.ts';
import { identifyByCommand } from './identity.ts';
import { printedNumber } from './number.ts';

/** What plans name by `uses: command`. */
export const command = defineConnector<CommandOptions, CommandClient>({
  name: 'command',
  summary: 'Programs on the machine that Backout runs on: observe, apply and measure by commands',
  options: commandOptions,
  open: openCommand,
  identify: identifyByCommand,
  signal: printedNumber('command'),
  states: { holds },
});
