// The options of the nginx connector: which nginx on this machine, and how it is run.
import { resolve } from 'node:path';
import { z } from 'zod';
import { ConnectorError, type Call, type ErrorClass, type OpenContext } from '../../connector.ts';
import { argv } from '../command/client.ts';
import { duration } from '../duration.ts';
import { runProgram, type Exited } from '../program.ts';

/** What a plan says under `systems` for `uses: nginx`. */
export const nginxOptions = z.strictObject({
  config: z
    .string()
    .min(1)
    .default('/etc/nginx/nginx.conf')
    .meta({ description: 'The main configuration file. Default: /etc/nginx/nginx.conf' }),
  'pid-file': z
    .string()
    .min(1)
    .default('/run/nginx.pid')
    .meta({ description: 'Where the master process writes its number. Default: /run/nginx.pid' }),
  program: argv.default(['nginx']).meta({
    description: 'How to run nginx: [nginx], or [sudo, -n, nginx]; -T and -s reload follow',
  }),
  timeout: duration
    .default(10_000)
    .meta({ description: 'How long new workers may take to come after a reload. Default: 10s' }),
});

/** The options after validation. */
export type NginxOptions = z.output<typeof nginxOptions>;

/** One nginx on this machine. */
export interface NginxClient {
  readonly system: string;
  readonly directory: string;
  readonly config: string;
  readonly pidFile: string;
  readonly program: readonly string[];
  readonly timeoutMs: number;
}

/** Makes the client; runs nothing. */
export function openNginx(options: NginxOptions, { system, directory }: OpenContext): NginxClient {
  return {
    system,
    directory,
    config: resolve(directory, options.config),
    pidFile: resolve(directory, options['pid-file']),
    program: options.program,
    timeoutMs: options.timeout,
  };
}

/** The whole configuration on the disk, as nginx itself reads and tests it: it says nothing of what runs. */
export async function testConfig(
  client: NginxClient,
  call: Call,
  what: string,
): Promise<
  | { readonly ok: true; readonly files: ReadonlySet<string> }
  | { readonly ok: false; readonly error: NginxError }
> {
  const ran = await run(client, ['-T'], call, what);
  if (ran.code !== 0) return { ok: false, error: complaintOf(ran) };
  const files = ran.out.matchAll(/^# configuration file (.+):$/gm);
  return { ok: true, files: new Set([...files].map(([, path = '']) => path)) };
}

/** Tells the master process to read its configuration anew. It answers before it has done so. */
export async function signalReload(client: NginxClient, call: Call, what: string): Promise<void> {
  const ran = await run(client, ['-s', 'reload'], call, what);
  if (ran.code === 0) return;
  const { class: said, says } = complaintOf(ran);
  const isGone = /no such process|invalid PID number/i.test(says);
  const errorClass = isGone ? 'cannot-reach' : said;
  throw failure(errorClass, what, `nginx -s reload says: ${says}`);
}

/** The error of this connector: one sentence that begins with who speaks. */
export function failure(errorClass: ErrorClass, what: string, why: string): ConnectorError {
  return new ConnectorError(errorClass, `[nginx] Cannot ${what}: ${why}`);
}

/** What nginx complains of, and its class. */
export interface NginxError {
  readonly class: ErrorClass;
  readonly says: string;
}

const saidMaxLength = 400;

function complaintOf({ code, errors }: Exited): NginxError {
  const line = errors.split('\n').find((each) => /\[(emerg|alert|crit|error)\]/.test(each));
  const says = (line ?? errors).trim().slice(-saidMaxLength) || `exit ${code}`;
  return { class: /permission denied|\(13:|\(1: /i.test(says) ? 'not-allowed' : 'refused', says };
}

async function run(
  client: NginxClient,
  words: readonly string[],
  call: Call,
  what: string,
): Promise<Exited> {
  const argvOf = [...client.program, ...words, '-c', client.config];
  return runProgram({ who: 'nginx', what, argv: argvOf, directory: client.directory }, call);
}
