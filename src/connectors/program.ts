// A program that a connector needs on this machine (nginx, nsupdate): run without a shell, its failures told by class.
import { delimiter } from 'node:path';
import { ConnectorError, type Call, type ErrorClass } from '../connector.ts';
import { runCommand } from './command/run.ts';
import { endedError } from './ending.ts';

/** What to run, and who asks for it. */
export interface Program {
  /** Who speaks in errors: `nginx`. */
  readonly who: string;
  /** Completes "Cannot …": `observe edge`. */
  readonly what: string;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly input?: string;
}

/** How it ended by itself. */
export interface Exited {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** A configuration that is longer than this is not read whole. */
const keepBytes = 8 * 1024 * 1024;

/** What only root starts is not in everybody's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Runs it to its end; throws when it could not be started, was killed, or its time was over. */
export async function runProgram(program: Program, call: Call): Promise<Exited> {
  const { who, what, argv, directory, input } = program;
  const path = [process.env['PATH'] ?? '', ...systemFolders].join(delimiter);
  const environment = { PATH: path, HOME: process.env['HOME'] ?? '/', LANG: 'C.UTF-8' };
  const given = input === undefined ? {} : { input };
  const ran = await runCommand({ argv, directory, environment, keepBytes, ...given }, call);
  const fail = (errorClass: ErrorClass, why: string): ConnectorError =>
    new ConnectorError(errorClass, `[${who}] Cannot ${what}: ${why}`);
  const name = argv[0] ?? '';
  switch (ran.type) {
    case 'exited':
      return { code: ran.code, out: ran.out, errors: ran.errors };
    case 'killed':
      throw fail('cannot-reach', `${name} was killed by ${ran.by}.`);
    case 'stopped':
      if (ran.why === 'printed-too-much') throw fail('refused', `${name} printed without end.`);
      throw endedError(who, what, ran.why);
    case 'not-started': {
      if (ran.code === 'EACCES') throw fail('not-allowed', `${name} may not be run here.`);
      if (ran.code !== 'ENOENT') throw fail('cannot-reach', `${name} cannot start (${ran.code}).`);
      throw fail('refused', `there is no ${name} on this machine. Install it, or name its path.`);
    }
  }
}
