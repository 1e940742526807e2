// The options of the ssh connector, and the client made of them: commands as on this machine, run on another one.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { argv, environment, type CommandClient } from '../command/client.ts';
import { createConcealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { runOnHost } from './session.ts';

/** A word for the ssh program that it can take neither for an option nor for two words. */
const word = (what: string) =>
  z.string().regex(/^[A-Za-z0-9_[:][A-Za-z0-9._:%@\]-]*$/, `is no ${what}`);

/** What a plan says under `systems` for `uses: ssh`. */
export const sshOptions = z.strictObject({
  host: word('name or address of a host'),
  port: z.int().min(1).max(65_535).default(22).meta({ description: 'Default: 22' }),
  user: word('name of a user'),
  key: z.string().min(1).optional().meta({
    description:
      'File with the private key, without a passphrase. Default: the agent and the keys of our own user',
  }),
  'known-hosts': z.string().min(1).optional().meta({
    description:
      "File with the host's key, as ssh-keyscan prints it. Default: ~/.ssh/known_hosts. An unknown host is never let in",
  }),
  config: z.string().min(1).optional().meta({
    description: 'An ssh_config, for a way over other hosts (ProxyJump). Default: none is read',
  }),
  cwd: z.string().min(1).optional().meta({
    description: "Where commands run there. Default: the user's home",
  }),
  env: environment.default({}).meta({
    description: 'What commands find in their environment beside the host’s own; never shown',
  }),
  identity: argv.optional().meta({
    description:
      'Prints { "environment": …, "role": …, "id": … } as JSON: asserted before every apply',
  }),
  'connect-timeout': duration
    .default(10_000)
    .meta({ description: 'How long a connection may take. Default: 10s' }),
});

/** The options after validation. */
export type SshOptions = z.output<typeof sshOptions>;

/** Makes the client; connects to nothing. */
export function openSsh(options: SshOptions, context: OpenContext): CommandClient {
  const { host, port, user, cwd } = options;
  const conceal = createConcealer(Object.values(options.env));
  const program = wordsOf(options, (path) => inFolder(context.directory, path));
  return {
    who: 'ssh',
    system: context.system,
    place: { host, port, user },
    identity: options.identity,
    run: (asked, call) =>
      runOnHost(
        program,
        {
          ...asked,
          cwd: asked.cwd ?? cwd,
          environment: { ...options.env, ...asked.environment },
        },
        call,
      ),
    conceal,
  };
}

/** A `~` is the home of the user that Backout runs as, which ssh itself knows. */
function inFolder(directory: string, path: string): string {
  return path.startsWith('~') ? path : resolve(directory, path);
}

/** The ssh program and its options: nothing that is not said here is read, asked, forwarded, shared or learned. */
function wordsOf(options: SshOptions, file: (path: string) => string): readonly string[] {
  const { key, config, 'known-hosts': knownHosts } = options;
  const seconds = Math.max(1, Math.ceil(options['connect-timeout'] / 1000));
  const settings = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'PermitLocalCommand=no',
    'ControlPath=none',
    'LogLevel=ERROR',
    `ConnectTimeout=${seconds}`,
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    ...(key === undefined ? [] : ['IdentitiesOnly=yes', 'IdentityAgent=none']),
    ...(knownHosts === undefined
      ? []
      : [`UserKnownHostsFile="${file(knownHosts)}"`, 'GlobalKnownHostsFile=/dev/null']),
  ];
  return [
    'ssh',
    '-T',
    '-F',
    config === undefined ? 'none' : file(config),
    ...settings.flatMap((setting) => ['-o', setting]),
    ...(key === undefined ? [] : ['-i', file(key)]),
    '-p',
    String(options.port),
    '-l',
    options.user,
    '--',
    options.host,
  ];
}
