// The command line as a whole: reads it, runs one command, and turns whatever went wrong into a sentence and an exit code.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Cli, SharedOptions } from './cli.ts';
import { addCommands } from './commands.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { processInterrupt } from './interrupt.ts';
import { Output, type Sink } from './output.ts';
import type { Platform } from './platform.ts';

/** Where the program writes. */
export interface Streams {
  readonly stdout: Sink;
  readonly stderr: Sink;
}

const more = `
Exit codes:
  0    fine
  1    the answer is no: findings, not ready, not rolled back, refused
  2    the command line or the plan is wrong
  3    could not reach something: no answer is not a no
  130  interrupted; a run goes on

Environment:
  BACKOUT_URL           as --server        BACKOUT_TOKEN  as --token
  BACKOUT_OPERATOR_TOKEN                   proves who gives orders; see backout operator
  BACKOUT_DATABASE_URL  as --database      BACKOUT_DATA   as --data
  NO_COLOR, FORCE_COLOR, TERM=dumb         colour or not

First steps:
  $ backout init --from database-cutover
  $ backout check
  $ backout run full --preview
`;

/** Runs the command line and answers the exit code. */
export async function runProgram(
  argv: readonly string[],
  platform: Platform,
  streams: Streams = process,
): Promise<Exit> {
  const session = new Session(platform, streams, argv);
  try {
    await session.program.parseAsync([...argv], { from: 'user' });
    return session.end(session.exit);
  } catch (error) {
    return session.end(session.report(error));
  }
}

/** One command line, from words to exit code. */
class Session {
  exit: Exit = exits.fine;
  readonly program: Command;
  readonly #platform: Platform;
  readonly #streams: Streams;
  #out: Output;

  constructor(platform: Platform, streams: Streams, argv: readonly string[]) {
    this.#platform = platform;
    this.#streams = streams;
    // What goes wrong before the options are known is said as they will most likely be.
    this.#out = this.#voice({ json: argv.includes('--json'), ascii: argv.includes('--ascii') });
    this.program = this.#build();
  }

  #build(): Command {
    const program = new Command('backout')
      .description('The rollback control plane for SaaS migrations.')
      .version(this.#platform.version, '--version', 'print the version')
      .helpOption('-h, --help', 'explain a command')
      .option('--json', 'JSON lines on stdout: a version line, events, a result line')
      .option('--ascii', 'only letters that every terminal has')
      .option('-q, --quiet', 'say only what was asked for and what went wrong')
      .option('-v, --verbose', 'say more of what happens inside')
      .option(
        '--server <url>',
        'work through a running backout serve instead of a store of our own',
      )
      .option('--token <token>', 'the token that this server wants')
      .option(
        '--database <url>',
        'the Postgres to keep the journal in; without it a managed local one',
      )
      .option('--data <folder>', 'where the managed local Postgres lies', said)
      .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
      .configureOutput({
        writeOut: (text) => this.#streams.stdout.write(text),
        writeErr: (text) => this.#streams.stderr.write(text),
        outputError: () => undefined, // said by `report`, with all the others
      })
      .exitOverride()
      .addHelpText('after', more);
    addCommands(program, {
      cli: (command) => this.#cli(command),
      end: (exit) => {
        this.exit = exit;
      },
    });
    return program;
  }

  /** Ends the JSON and answers the code. */
  end(exit: Exit): Exit {
    this.#out.end(exit);
    return exit;
  }

  /** Says what went wrong; answers the exit code that it means. */
  report(error: unknown): Exit {
    if (error instanceof CommanderError) return this.#reportUsage(error);
    if (error instanceof CliError) return this.#reportKnown(error);
    // Known by its name, so that the store is not loaded for what never needed it.
    if (error instanceof Error && /^Store(Error|Unreachable)$/.test(error.name)) {
      const wrong = 'code' in error && error.code === 'bad-url';
      return this.#say(
        wrong ? 'BK-0101' : 'BK-0109',
        error.message,
        wrong ? exits.usage : exits.unreachable,
      );
    }
    const message = error instanceof Error ? error.message : String(error);
    if (this.#out.verbose && error instanceof Error) this.#out.complain(error.stack ?? '');
    return this.#say(
      'BK-0199',
      `[backout] Failed in a way it should not: ${message}. Run it again with --verbose and report what it says.`,
      exits.unreachable,
    );
  }

  #reportUsage(error: CommanderError): Exit {
    // Asked for help or version, and got it.
    if (error.exitCode === 0) return exits.fine;
    // A group of commands without a command: commander has shown its help.
    if (error.code === 'commander.help') return exits.usage;
    const message = error.message
      .replace(/^error: /, '')
      .replaceAll(/\n\(?/g, '. ')
      .replaceAll(/\)$/g, '')
      .replace('Did you mean', 'Did you mean');
    return this.#say(
      'BK-0101',
      `[backout] Cannot understand the command line: ${message.replace(/[.?]?$/, (end) => (end === '?' ? '?' : '.'))} See: backout --help`,
      exits.usage,
    );
  }

  #reportKnown(error: CliError): Exit {
    if ('problems' in error) this.#reportProblems(error.problems as readonly ShownProblem[]);
    return this.#say(error.code, error.message, error.exit);
  }

  #reportProblems(problems: readonly ShownProblem[]): void {
    for (const problem of problems) {
      this.#out.line({ type: 'problem', ...problem });
      if (!this.#out.json) this.#out.complain(problemText(problem));
    }
  }

  #say(code: string, message: string, exit: Exit): Exit {
    this.#out.line({ type: 'error', code, message });
    this.#out.complain(`${message}   ${code}`);
    return exit;
  }

  #cli(command: Command): Cli {
    const options: SharedOptions = command.optsWithGlobals();
    this.#out = this.#voice(options);
    return {
      out: this.#out,
      platform: this.#platform,
      options: withEnvironment(options, this.#platform.environment),
      interrupt: processInterrupt(),
      folder: process.cwd(),
    };
  }

  #voice({ json = false, ascii = false, quiet = false, verbose = false }: SharedOptions): Output {
    const { environment, version } = this.#platform;
    return new Output({ ...this.#streams, environment, version, json, ascii, quiet, verbose });
  }
}

interface ShownProblem {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly frame: string;
  readonly why?: string;
  readonly mend?: string;
}

function problemText({
  code,
  file,
  line,
  column,
  message,
  frame,
  why,
  mend,
}: ShownProblem): string {
  const after = [
    why === undefined ? '' : `\n  Why: ${why}`,
    mend === undefined ? '' : `\n  Mend: ${mend}`,
  ].join('');
  return `error  ${message}   ${code}\n  ${file}:${line}:${column}\n${frame}${after}`;
}

/** `--data "$DATA"` with the variable unset must not quietly mean another folder. */
function said(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

/** What the environment says where no flag says otherwise; a flag for one way silences the variables of the others. */
function withEnvironment(
  options: SharedOptions,
  environment: Platform['environment'],
): SharedOptions {
  const {
    BACKOUT_URL: server,
    BACKOUT_TOKEN: token,
    BACKOUT_DATABASE_URL: database,
    BACKOUT_DATA: data,
  } = environment;
  const withToken = options.token === undefined && token ? { ...options, token } : options;
  if (options.server !== undefined || options.database !== undefined || options.data !== undefined)
    return withToken;
  return {
    ...withToken,
    ...(server ? { server } : {}),
    ...(database ? { database } : {}),
    ...(data ? { data } : {}),
  };
}
