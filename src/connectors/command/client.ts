// The options of the command connector: where commands run and what they find around them.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, type Concealer } from '../concealer.ts';

/** A program and its words. No shell: nothing in it is ever interpreted. */
export const argv = z
  .array(z.string().refine((word) => !word.includes('\0'), 'must not contain NUL'))
  .min(1)
  .refine(([program]) => program !== '', 'must begin with a program')
  .meta({ description: 'A program and its words, as a list; no shell' });

const environment = z.record(
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

/** Where commands of one system run. */
export interface CommandClient {
  readonly system: string;
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
  readonly identity: readonly string[] | undefined;
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
  return {
    system: context.system,
    directory: resolve(context.directory, options.cwd ?? '.'),
    environment: { ...Object.fromEntries(own), ...options.env },
    identity: options.identity,
    conceal: createConcealer(Object.values(options.env)),
  };
}
