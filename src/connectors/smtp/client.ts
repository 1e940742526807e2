// The options of the smtp connector: which server takes our mail, as whom, and from what address.
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';

const portWithTls = 465;
const portForSubmission = 587;

/** What a plan says under `systems` for `uses: smtp`. */
export const smtpOptions = z
  .strictObject({
    url: z
      .url({ protocol: /^smtps?$/, error: 'is no smtp:// or smtps:// address' })
      .optional()
      .meta({
        description: 'smtp://user:password@host:587, instead of host, port, user, password',
      }),
    host: z.string().min(1).optional(),
    port: z
      .int()
      .min(1)
      .max(65535)
      .optional()
      .meta({ description: 'Default: 587, with secure 465' }),
    user: z.string().optional(),
    password: z.string().optional(),
    secure: z
      .boolean()
      .optional()
      .meta({ description: 'TLS from the first byte. Default: STARTTLS' }),
    'allow-plain': z.boolean().default(false).meta({
      description:
        'Send the password though the server offers no TLS. Default: only to this machine',
    }),
    from: z.email('is no mail address').meta({ description: 'The address that notices come from' }),
    timeout: duration
      .default(30_000)
      .meta({ description: 'How long a mail may take. Default: 30s' }),
  })
  .refine(
    (given) => (given.url === undefined) !== (given.host === undefined),
    'needs either url or host',
  );

/** The options after validation. */
export type SmtpOptions = z.output<typeof smtpOptions>;

/** One mail server. */
export interface SmtpClient {
  readonly system: string;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly requireTls: boolean;
  readonly login: { readonly user: string; readonly pass: string } | undefined;
  readonly from: string;
  readonly timeoutMs: number;
  readonly conceal: Concealer;
}

/** Makes the client; connects to nothing. */
export function openSmtp(options: SmtpOptions, { system }: OpenContext): SmtpClient {
  const url = options.url === undefined ? undefined : new URL(options.url);
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? options.host ?? '';
  const secure = url === undefined ? (options.secure ?? false) : url.protocol === 'smtps:';
  const user = options.user ?? decoded(url?.username);
  const pass = options.password ?? decoded(url?.password) ?? '';
  const given = options.port ?? (url?.port ? Number(url.port) : undefined);
  const isNear = host === 'localhost' || host === '::1' || host.startsWith('127.');
  return {
    system,
    host,
    port: given ?? (secure ? portWithTls : portForSubmission),
    secure,
    requireTls: user !== undefined && !secure && !isNear && !options['allow-plain'],
    login: user === undefined ? undefined : { user, pass },
    from: options.from,
    timeoutMs: options.timeout,
    conceal: createConcealer([pass, url?.password]),
  };
}

function decoded(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : decodeURIComponent(text);
}
