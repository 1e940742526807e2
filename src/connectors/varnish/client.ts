// The options of the varnish connector: its command line interface, the address of its traffic, and its statistics.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import type { Counters } from '../openmetrics/counters.ts';

/** What a plan says under `systems` for `uses: varnish`. */
export const varnishOptions = z.strictObject({
  cli: z
    .string()
    .regex(/^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/, 'is no host:port')
    .optional()
    .meta({ description: 'Its management interface (varnishd -T): 127.0.0.1:6082; for bans' }),
  'secret-file': z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The file that varnishd was given with -S: /etc/varnish/secret' }),
  secret: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'What is in that file, with its line break if it has one; never shown' }),
  url: z
    .url({ protocol: /^https?$/, error: 'is no http:// or https:// address' })
    .optional()
    .meta({ description: 'Where Varnish takes traffic: http://127.0.0.1:6081; for purges' }),
  workdir: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The name or folder of varnishd -n on this machine; for signals' }),
  timeout: duration
    .default(5000)
    .meta({ description: 'How long one request or command may take. Default: 5s' }),
});

/** The options after validation. */
export type VarnishOptions = z.output<typeof varnishOptions>;

/** One Varnish. */
export interface VarnishClient {
  readonly system: string;
  readonly directory: string;
  readonly cli: { readonly host: string; readonly port: number } | undefined;
  readonly secretFile: string | undefined;
  readonly secret: string | undefined;
  readonly url: string | undefined;
  readonly workdir: string | undefined;
  readonly timeoutMs: number;
  readonly conceal: Concealer;
  /** What must be remembered of counters, by window. */
  readonly remembered: Map<string, Counters>;
}

/** Makes the client; connects to nothing. */
export function openVarnish(options: VarnishOptions, context: OpenContext): VarnishClient {
  const secretFile = options['secret-file'];
  const [, six, name, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(options.cli ?? '') ?? [];
  const host = six ?? name;
  return {
    system: context.system,
    directory: context.directory,
    cli: host === undefined ? undefined : { host, port: Number(port) },
    secretFile: secretFile === undefined ? undefined : resolve(context.directory, secretFile),
    secret: options.secret,
    url: options.url?.replace(/\/+$/, ''),
    workdir: options.workdir,
    timeoutMs: options.timeout,
    conceal: createConcealer([options.secret?.trim()]),
    remembered: new Map(),
  };
}
