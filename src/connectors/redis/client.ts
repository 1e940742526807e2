// The options of the redis connector, and what a client keeps of them.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { createGate, type Gate } from '../gate.ts';
import type { Counted } from './counters.ts';

/** What a plan says under `systems` for `uses: redis`. */
export const redisOptions = z.strictObject({
  url: z
    .url({ protocol: /^rediss?$/, error: 'is no redis:// or rediss:// address' })
    .refine((url) => /^\/?\d*$/.test(pathOf(url)), 'must end with the number of a database: /0')
    .meta({
      description:
        'redis://user:password@host:6379/0, or rediss:// for TLS; the password is never shown',
    }),
  'tls-ca': z
    .string()
    .optional()
    .meta({ description: 'File with the certificates to trust; relative to the plan' }),
  'connect-timeout': duration
    .default(5000)
    .meta({ description: 'How long a connection may take. Default: 5s' }),
  'environment-key': z.string().min(1).optional().meta({
    description: 'A key whose value is the name of the environment: asserted before every apply',
  }),
});

/** The options after validation. */
export type RedisOptions = z.output<typeof redisOptions>;

/** One opened Redis. */
export interface RedisClient {
  readonly system: string;
  readonly url: string;
  readonly certificates: string | undefined;
  readonly connectTimeoutMs: number;
  readonly environmentKey: string | undefined;
  readonly gate: Gate;
  /** What signals over a window have seen so far, by their question. */
  readonly counted: Map<string, Counted>;
  readonly conceal: Concealer;
}

/** No more connections than this to one server, however many signals and steps there are. */
const connectionsMax = 4;

/** Makes the client; connects to nothing. */
export function openRedis(options: RedisOptions, context: OpenContext): RedisClient {
  const certificates = options['tls-ca'];
  const [password] = secretsOfUrl(options.url);
  return {
    system: context.system,
    url: options.url,
    certificates: certificates === undefined ? undefined : resolve(context.directory, certificates),
    connectTimeoutMs: options['connect-timeout'],
    environmentKey: options['environment-key'],
    gate: createGate(connectionsMax),
    counted: new Map(),
    conceal: createConcealer([password]),
  };
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : '';
}
