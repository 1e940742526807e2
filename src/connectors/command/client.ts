// The options of the command connector: where commands run and what they find around them.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Call, ErrorClass, Json, OpenContext } from '../../connector.ts';
import { createConcealer, type Concealer } from '../concealer.ts';
import { runCommand, type Ran } from './run.ts';

/** A program and its words. No shell: nothing in it is ever interpreted. */
export const argv = z
  .array(z.string().refine((word) => !word.includes('\0'), 'must not contain NUL'))
  .min(1)
  .refine(([program]) => program !== '', 'must begin with a program')
  .meta({ description: 'A program and its words, as a list; no shell' });

/** What is put into the environment of a program. */
export const environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable'),
  z.string(),
);

/** What a plan says under `systems` for `uses: command`. */
export const commandOptions = z.strictObject({
  cwd: z
    .string()
    .optional()
    .meta({ description: "Where commands run. Default: the plan's folder" }),
  env: environment.default({}).meta({
    description: 'What commands find in their environment beside PATH, HOME and LANG; never shown',
  }),
  identity: argv.optional().meta({
    description:
      'Prints { "environment": …, "role": …, "id": … } as JSON: asserted before every apply',
  }),
});

/** The options after validation. */
export type CommandOptions = z.output<typeof commandOptions>;

/** A command as the plan gives it. */
export interface Asked {
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  readonly environment?: { readonly [name: string]: string };
  /** Given on standard input. */
  readonly input?: string;
}

/** What became of a command somewhere else whose end was not seen: `because` is a sentence. */
export interface Lost {
  readonly type: 'lost';
  readonly class: ErrorClass;
  readonly because: string;
}

/** Where commands of one system run: on this machine, or on another one. */
export interface CommandClient {
  /** Begins every message. */
  readonly who: string;
  readonly system: string;
  /** For evidence. */
  readonly place: { readonly [name: string]: Json };
  readonly identity: readonly string[] | undefined;
  readonly run: (asked: Asked, call: Call) => Promise<Ran | Lost>;
  readonly conceal: Concealer;
}

/** What every program may rely on; nothing else of our environment is handed on. */
const inherited = ['PATH', 'HOME', 'LANG'] as const;

/** Makes the client; runs nothing. */
export function openCommand(options: CommandOptions, context: OpenContext): CommandClient {
  const own = inherited.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const directory = resolve(context.directory, options.cwd ?? '.');
  const environment = { ...Object.fromEntries(own), ...options.env };
  return {
    who: 'command',
    system: context.system,
    place: { directory },
    identity: options.identity,
    run: ({ argv: words, cwd, environment: more, input }, call) =>
      runCommand(
        {
          argv: words,
          directory: cwd === undefined ? directory : resolve(directory, cwd),
          environment: { ...environment, ...more },
          ...(input === undefined ? {} : { input }),
        },
        call,
      ),
    conceal: createConcealer(Object.values(options.env)),
  };
}
