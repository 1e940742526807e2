// The commands, their options and an example each. What they do is loaded only when one of them is run.
import { type Command, Option } from 'commander';
import type { Cli } from './cli.ts';
import type { CheckOptions } from './check.ts';
import type { Exit } from './exit.ts';
import type { SchemaOptions } from './schema.ts';

/** What a registered command needs of the session that it runs in. */
export interface Frame {
  readonly cli: (command: Command) => Cli;
  readonly end: (exit: Exit) => void;
}

/** Adds every command to the program. */
export function addCommands(program: Command, frame: Frame): void {
  addCheck(program, frame);
  addSchema(program, frame);
}

function addCheck(program: Command, { cli, end }: Frame): void {
  program
    .command('check')
    .description('is the plan valid, and what does it leave open?')
    .argument('[file...]', 'plan files; default backout/*.plan.yaml, else *.plan.yaml')
    .addOption(
      new Option('--format <format>', 'how to say it')
        .choices(['text', 'json', 'github', 'sarif', 'junit', 'markdown'])
        .default('text'),
    )
    .option('-o, --output <file>', 'write it to a file')
    .option('-w, --watch', 'check again on each save')
    .addHelpText('after', example('backout check --format sarif -o backout.sarif'))
    .action(async (files: string[], options: CheckOptions, command: Command) => {
      const { check } = await import('./check.ts');
      end(await check(cli(command), files, options));
    });
}

function addSchema(program: Command, { cli, end }: Frame): void {
  program
    .command('schema')
    .description('the JSON Schema of plans, for editors; or what a part of a plan means')
    .option('--explain <path>', 'explain one part: triggers.when')
    .addHelpText('after', example('backout schema --explain triggers.review'))
    .action(async (options: SchemaOptions, command: Command) => {
      const { schema } = await import('./schema.ts');
      end(await schema(cli(command), options));
    });
}

function example(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
