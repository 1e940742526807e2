// The options of the caddy connector: where the admin API listens.
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { duration } from '../duration.ts';

/** A place in the configuration: by its path, or by an @id that the configuration gives to it. */
export const configPath = z
  .string()
  .regex(
    /^\/(config|id)(\/[^/\s?#%]+)+$/,
    'is no place: write /config/apps/http/… or /id/<name>/…',
  );

/** What a plan says under `systems` for `uses: caddy`. */
export const caddyOptions = z.strictObject({
  address: z
    .string()
    .regex(
      /^(https?:\/\/[^\s/?#@]+|unix:(\/\/)?\/[^\0]+)$/,
      'is neither http://host:port nor unix:/path',
    )
    .default('http://127.0.0.1:2019')
    .meta({
      description: 'The admin API: http://host:port or unix:/path. Default: http://127.0.0.1:2019',
    }),
  identity: configPath.optional().meta({
    description: 'Where the configuration says in which environment it stands, such as an @id',
  }),
  timeout: duration
    .default(10_000)
    .meta({ description: 'How long one request may take. Default: 10s' }),
});

/** The options after validation. */
export type CaddyOptions = z.output<typeof caddyOptions>;

/** One Caddy. */
export interface CaddyClient {
  readonly system: string;
  readonly address: string;
  /** For a unix socket. */
  readonly socketPath: string | undefined;
  readonly base: string;
  readonly environmentAt: string | undefined;
  readonly timeoutMs: number;
}

/** Makes the client; sends nothing. */
export function openCaddy(options: CaddyOptions, { system }: OpenContext): CaddyClient {
  const socketPath = /^unix:(?:\/\/)?(\/.+)$/.exec(options.address)?.[1];
  return {
    system,
    address: options.address,
    socketPath,
    base: socketPath === undefined ? options.address : 'http://localhost',
    environmentAt: options.identity,
    timeoutMs: options.timeout,
  };
}
