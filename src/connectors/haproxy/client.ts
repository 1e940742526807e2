// The options of the haproxy connector: where the Runtime API listens, and where the state of servers is kept.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { duration } from '../duration.ts';

/** What a plan says under `systems` for `uses: haproxy`. */
export const haproxyOptions = z.strictObject({
  address: z
    .string()
    .refine((text) => placeOf(text) !== undefined, 'is neither unix:/path nor host:port')
    .meta({ description: 'The stats socket: unix:/run/haproxy/admin.sock or 127.0.0.1:9999' }),
  'state-file': z.string().min(1).optional().meta({
    description:
      'The server-state-file of HAProxy on this machine: written after each change, so that a reload keeps it',
  }),
  timeout: duration
    .default(5000)
    .meta({ description: 'How long one conversation may take. Default: 5s' }),
});

/** The options after validation. */
export type HaproxyOptions = z.output<typeof haproxyOptions>;

/** Where the socket is, as Node connects to it. */
export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** One HAProxy. */
export interface HaproxyClient {
  readonly system: string;
  readonly address: string;
  readonly place: Place;
  readonly stateFile: string | undefined;
  readonly directory: string;
  readonly timeoutMs: number;
}

/** Makes the client; connects to nothing. */
export function openHaproxy(options: HaproxyOptions, context: OpenContext): HaproxyClient {
  const stateFile = options['state-file'];
  return {
    system: context.system,
    address: options.address,
    // Validated: there is one.
    place: placeOf(options.address) ?? { path: options.address },
    stateFile: stateFile === undefined ? undefined : resolve(context.directory, stateFile),
    directory: context.directory,
    timeoutMs: options.timeout,
  };
}

/** `unix:/path` or `host:port`, `[::1]:port` among them. */
function placeOf(address: string): Place | undefined {
  const path = /^unix:(?:\/\/)?(\/[^\0]+)$/.exec(address)?.[1];
  if (path !== undefined) return { path };
  const [, six, name, digits = ''] =
    /^(?:tcp:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = six ?? name;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
