// The commands about connectors of one's own: what they are called with, and where the work is.
import type { Command } from 'commander';
import type { NewConnectorOptions } from './connector-new.ts';
import { example, type Frame } from './frame.ts';

/** Adds them. */
export function addConnector(program: Command, { cli, end }: Frame): void {
  const connector = program
    .command('connector')
    .description('connectors of your own')
    .addHelpText('after', example('backout connector new switchboard'));
  connector
    .command('new')
    .description('write a connector to begin with: it passes the contract suite as it stands')
    .argument('<name>', 'what its states and systems will be called by, kebab-case')
    .option('--folder <folder>', 'where to write it; default connectors/<name>')
    .addHelpText(
      'after',
      example('backout connector new switchboard --folder connectors/switchboard'),
    )
    .action(async (name: string, options: NewConnectorOptions, command: Command) => {
      const { newConnector } = await import('./connector-new.ts');
      end(await newConnector(cli(command), name, options));
    });
}
