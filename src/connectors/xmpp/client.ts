// The options of the xmpp connector: the account that notices come from, and the server that it is on.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';

const portForClients = 5222;
const portWithTls = 5223;

/** What a plan says under `systems` for `uses: xmpp`. */
export const xmppOptions = z.strictObject({
  jid: z
    .string()
    .regex(/^[^@/\s<>&"']+@[^@/\s<>&"']+$/, 'is no account: write backout@example.com')
    .meta({ description: 'The account that notices come from: backout@example.com' }),
  password: z.string().min(1).meta({ description: 'Its password; never shown' }),
  host: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Where its server answers. Default: the domain of the jid' }),
  port: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .meta({ description: 'Default: 5222, with secure 5223' }),
  secure: z
    .boolean()
    .default(false)
    .meta({ description: 'TLS from the first byte. Default: STARTTLS' }),
  'tls-ca': z
    .string()
    .optional()
    .meta({ description: 'A file of certificates to trust, beside the plan' }),
  'allow-plain': z.boolean().default(false).meta({
    description: 'Sign in though the server offers no TLS. Default: only on this machine',
  }),
  timeout: duration
    .default(15_000)
    .meta({ description: 'How long a notice may take. Default: 15s' }),
});

/** The options after validation. */
export type XmppOptions = z.output<typeof xmppOptions>;

/** One account. */
export interface XmppClient {
  readonly system: string;
  readonly user: string;
  readonly domain: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly certificates: string | undefined;
  /** Whether the account may sign in over a connection that anybody can read. */
  readonly mayBePlain: boolean;
  readonly timeoutMs: number;
  readonly conceal: Concealer;
}

/** Makes the client; connects to nothing. */
export function openXmpp(options: XmppOptions, { system, directory }: OpenContext): XmppClient {
  const [user = '', domain = ''] = options.jid.split('@'); // it was validated: there are both
  const { password, secure, timeout } = options;
  const host = options.host ?? domain;
  const isNear = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const ca = options['tls-ca'];
  return {
    system,
    user,
    domain,
    password,
    host,
    port: options.port ?? (secure ? portWithTls : portForClients),
    secure,
    certificates: ca === undefined ? undefined : resolve(directory, ca),
    mayBePlain: isNear || options['allow-plain'],
    timeoutMs: timeout,
    conceal: createConcealer([password]),
  };
}
