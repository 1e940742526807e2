// The page of all commands: the help that each of them gives, in an 80 columns wide terminal.
import { Command } from 'commander';
import { addCommands } from '../../src/cli/commands.ts';
import type { Platform } from '../../src/cli/platform.ts';
import { runProgram } from '../../src/cli/program.ts';

/** The page without its title. */
export async function commandsPage(): Promise<string> {
  const program = new Command('backout');
  // Only asked for its commands: none of them is ever run.
  addCommands(program, { cli: unused, end: unused });
  const sections = [`## backout\n${await help([])}`];
  for (const path of pathsOf(program)) {
    sections.push(`${'#'.repeat(path.length + 1)} backout ${path.join(' ')}\n${await help(path)}`);
  }
  return `Every command also takes the options of \`backout\` itself. Exit codes and the codes of errors: [codes](codes.md).\n\n${sections.join('\n')}`;
}

function pathsOf(command: Command, before: readonly string[] = []): readonly (readonly string[])[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible
    .filter((each) => each.name() !== 'help')
    .flatMap((each) => {
      const path = [...before, each.name()];
      return [path, ...pathsOf(each, path)];
    });
}

async function help(path: readonly string[]): Promise<string> {
  let said = '';
  const sink = { write: (text: string) => (said += text), columns: 80 };
  await runProgram([...path, '--help'], nothingReal, { stdout: sink, stderr: sink });
  return `\`\`\`text\n${said.trimEnd()}\n\`\`\`\n`;
}

/** Help needs none of the real parts. */
const nothingReal: Platform = {
  version: '',
  environment: {},
  who: unused,
  openSite: unused,
  systems: unused,
  secret: unused,
};

function unused(): never {
  throw new Error('Help asks for nothing real.');
}
