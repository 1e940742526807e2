// What a command needs of the session that it is run in, and how examples stand in its help.
import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import type { Exit } from './exit.ts';

/** The session as a registered command sees it. */
export interface Frame {
  /** Makes what the command works with, from the options that it was given. */
  readonly cli: (command: Command) => Cli;
  /** Says how it ended. */
  readonly end: (exit: Exit) => void;
}

/** Commands to try, at the end of a help. */
export function example(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
