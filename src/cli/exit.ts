// What a command ends with: exit codes, and the errors that people see, with their codes in one place.

/** The exit codes, documented under `backout --help`. */
export const exits = {
  fine: 0,
  /** Findings, not ready, not rolled back, held. */
  no: 1,
  /** The command line or the plan is wrong. */
  usage: 2,
  /** Could not reach: no answer is not a no. */
  unreachable: 3,
  /** Interrupted; a run goes on. */
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type Exit = (typeof exits)[keyof typeof exits];

/** What each code of the command line means, and which exit it leads to. */
export const cliCodes = {
  'BK-0101': { exit: exits.usage, means: 'The command line cannot be understood.' },
  'BK-0102': { exit: exits.usage, means: 'There is no plan file, or more than one.' },
  'BK-0103': { exit: exits.usage, means: 'A plan file cannot be read.' },
  'BK-0104': { exit: exits.usage, means: 'A plan is not valid.' },
  'BK-0105': {
    exit: exits.usage,
    means: 'A name is not known: a playbook, phase, run, step, decision or template.',
  },
  'BK-0106': { exit: exits.usage, means: 'A file is there already and is not overwritten.' },
  'BK-0107': { exit: exits.unreachable, means: 'A file cannot be written.' },
  'BK-0108': { exit: exits.no, means: 'An order was refused, for the reason given.' },
  'BK-0109': { exit: exits.unreachable, means: 'The store cannot be used.' },
  'BK-0110': { exit: exits.usage, means: 'A command can not work through a server.' },
  'BK-0111': {
    exit: exits.unreachable,
    means: 'The server cannot be reached or does not answer as one.',
  },
  'BK-0112': { exit: exits.unreachable, means: 'The page cannot be served.' },
  'BK-0113': {
    exit: exits.usage,
    means: 'A value that the plan needs from the environment is missing.',
  },
  'BK-0114': {
    exit: exits.usage,
    means: 'An operator token is nobody’s, is kept where others may read it, or is no token.',
  },
  'BK-0199': { exit: exits.unreachable, means: 'Backout failed in a way it should not.' },
} as const satisfies { readonly [code: string]: { readonly exit: Exit; readonly means: string } };

/** A code of the command line. */
export type CliCode = keyof typeof cliCodes;

/** Ends a command with a sentence for people: who, what, where, why, how to mend. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliCode;

  constructor(code: CliCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }

  /** The exit code that it leads to. */
  get exit(): Exit {
    return cliCodes[this.code].exit;
  }
}
