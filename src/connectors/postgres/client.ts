// The options of the postgres connector and the small pool of connections made of them.
import { Pool } from 'pg';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';

/** What a plan says under `systems` for `uses: postgres`. */
export const postgresOptions = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'is no postgres:// address')
    .refine(isReadable, 'is no address that can be read')
    .meta({
      description: 'postgres://user:password@host:5432/database; the password is never shown',
    }),
  'connect-timeout': duration
    .default(5000)
    .meta({ description: 'How long a connection may take. Default: 5s' }),
  'lock-timeout': duration.default(5000).meta({
    description: 'How long an apply may wait for a lock, for those behind it wait too. Default: 5s',
  }),
});

/** The options after validation. */
export type PostgresOptions = z.output<typeof postgresOptions>;

/** One opened database. */
export interface PostgresClient {
  readonly system: string;
  readonly pool: Pool;
  readonly lockTimeoutMs: number;
  readonly conceal: Concealer;
}

/** As pg reads it: `postgres://user@/database?host=/run/postgresql` has no host and is no URL, and yet an address. */
function isReadable(url: string): boolean {
  return URL.canParse(url.replace(/^(postgres(?:ql)?:\/\/[^/@]*@?)\//, '$1socket/'));
}

/** No more than this for one database, however many signals and steps there are: it is the customer's. */
const connectionsMax = 4;

/** Makes the pool; connects to nothing. */
export function openPostgres(options: PostgresOptions, { system }: OpenContext): PostgresClient {
  const pool = new Pool({
    connectionString: options.url,
    application_name: 'backout',
    max: connectionsMax,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: options['connect-timeout'],
    keepAlive: true,
    allowExitOnIdle: true,
    // Values come as the server spells them and are read by their type: other users of pg may change its parsers.
    types: { getTypeParser: () => (value: string) => value },
  });
  pool.on('error', () => undefined); // an idle connection was lost: the next use says so, if it matters
  const [password] = secretsOfUrl(options.url);
  return {
    system,
    pool,
    lockTimeoutMs: options['lock-timeout'],
    conceal: createConcealer([password]),
  };
}
