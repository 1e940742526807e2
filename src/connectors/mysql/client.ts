// The options of the mysql connector, and what a client keeps of them.
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { createGate, type Gate } from '../gate.ts';

const fields = z.strictObject({
  url: z
    .url({ protocol: /^(mysql|mariadb)$/, error: 'is no mysql:// address' })
    .refine((url) => !URL.canParse(url) || new URL(url).search === '', {
      message: 'takes no ?settings: write them as fields of the system',
    })
    .meta({
      description: 'mysql://user:password@host:3306/database; the password is never shown',
    }),
  tls: z.boolean().default(false).meta({
    description: 'Speak TLS only, and prove the server by its certificate and name. Default: false',
  }),
  'tls-ca': z.string().optional().meta({
    description: 'File with the certificates to trust, relative to the plan; turns tls on',
  }),
  'connect-timeout': duration
    .default(5000)
    .meta({ description: 'How long a connection may take. Default: 5s' }),
  'lock-timeout': duration.default(5000).meta({
    description:
      'How long an apply may wait for a lock, for those behind it wait too; in whole seconds. Default: 5s',
  }),
  identity: z.string().min(1).optional().meta({
    description: 'SQL that gives the name of the environment: asserted before every apply',
  }),
});

/**
 * What a plan says under `systems` for `uses: mysql`. By a number mysql2 3.24 would take any server whose certificate is for
 * `localhost`, so with TLS a server must be named.
 */
export const mysqlOptions = fields.refine(
  ({ url, tls, 'tls-ca': ca }) => !(tls || ca !== undefined) || isIP(hostOf(url)) === 0,
  { message: 'must give the name of the server and no number: TLS proves names', path: ['url'] },
);

/** The options after validation. */
export type MysqlOptions = z.output<typeof mysqlOptions>;

/** One opened database. */
export interface MysqlClient {
  readonly system: string;
  readonly address: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string | undefined;
  };
  readonly tls: { readonly certificates: string | undefined } | undefined;
  readonly connectTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly identity: string | undefined;
  readonly gate: Gate;
  readonly conceal: Concealer;
}

/** No more than this for one database, however many signals and steps there are: it is the customer's. */
const connectionsMax = 4;

/** Makes the client; connects to nothing. */
export function openMysql(options: MysqlOptions, context: OpenContext): MysqlClient {
  const { port, username, password, pathname } = new URL(options.url);
  const database = decodeURIComponent(pathname.slice(1));
  const certificates = options['tls-ca'];
  const trusted = certificates === undefined ? undefined : resolve(context.directory, certificates);
  return {
    system: context.system,
    address: {
      host: hostOf(options.url),
      port: port === '' ? 3306 : Number(port),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: database === '' ? undefined : database,
    },
    tls: options.tls || trusted !== undefined ? { certificates: trusted } : undefined,
    connectTimeoutMs: options['connect-timeout'],
    lockTimeoutMs: options['lock-timeout'],
    identity: options.identity,
    gate: createGate(connectionsMax),
    conceal: createConcealer([...secretsOfUrl(options.url)]),
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
}
