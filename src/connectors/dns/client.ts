// The options of the dns connector: the authoritative server, the zone, and the key that may change it.
import { resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';

/** A name as dig writes it: absolute, with its dot, in lower case. */
export const domainName = z
  .string()
  .regex(
    /^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$/,
    'is no whole name: app.example.com',
  )
  .max(254)
  .transform((name) => `${name.toLowerCase().replace(/\.$/, '')}.`);

const algorithms = [
  'hmac-sha1',
  'hmac-sha224',
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
] as const;

/** What a plan says under `systems` for `uses: dns`. */
export const dnsOptions = z
  .strictObject({
    server: z
      .string()
      .regex(/^[A-Za-z0-9.:-]{1,253}$/, 'is no host and no address')
      .meta({ description: 'The primary server of the zone' }),
    port: z.int().min(1).max(65_535).default(53).meta({ description: 'Default: 53' }),
    zone: domainName.meta({ description: 'The zone: example.com' }),
    'key-file': z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'A TSIG key as tsig-keygen writes it, readable by this user alone' }),
    key: z
      .strictObject({
        name: domainName,
        algorithm: z.enum(algorithms).default('hmac-sha256'),
        secret: z.base64('is no base64').min(8),
      })
      .optional()
      .meta({ description: 'The same key without a file; its secret is never shown' }),
    timeout: duration
      .default(5000)
      .meta({ description: 'How long one question or update may take. Default: 5s' }),
  })
  .refine(
    (options) => options.key === undefined || options['key-file'] === undefined,
    'may have key or key-file, not both',
  );

/** The options after validation. */
export type DnsOptions = z.output<typeof dnsOptions>;

/** One zone at its primary server. */
export interface DnsClient {
  readonly system: string;
  readonly directory: string;
  readonly server: string;
  readonly port: number;
  readonly zone: string;
  readonly keyFile: string | undefined;
  readonly key: DnsOptions['key'];
  readonly timeoutMs: number;
  readonly conceal: Concealer;
}

/** Makes the client; asks nobody. */
export function openDns(options: DnsOptions, { system, directory }: OpenContext): DnsClient {
  const keyFile = options['key-file'];
  return {
    system,
    directory,
    server: options.server,
    port: options.port,
    zone: options.zone,
    keyFile: keyFile === undefined ? undefined : resolve(directory, keyFile),
    key: options.key,
    timeoutMs: options.timeout,
    conceal: createConcealer([options.key?.secret]),
  };
}
