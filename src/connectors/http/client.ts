// The options of the http connector and the client made of them.
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { baseOf } from '../exchange.ts';
import { pointer } from '../pointer.ts';

/** What a plan says under `systems` for `uses: http`. */
export const httpOptions = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'is no http:// or https:// address' })
    .meta({ description: 'Where the system answers; the paths of requests are put after it' }),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Sent with every request; never shown' }),
  token: z.string().optional().meta({ description: 'Sent as Authorization: Bearer; never shown' }),
  timeout: duration
    .default(5000)
    .meta({ description: 'How long one request may take. Default: 5s' }),
  identity: z
    .strictObject({
      get: z.string().startsWith('/').meta({ description: 'The path that says who answers' }),
      environment: pointer.optional(),
      role: pointer.optional(),
      id: pointer.optional(),
    })
    .optional()
    .meta({ description: 'How the system says which one it is: asserted before every apply' }),
});

/** The options after validation. */
export type HttpOptions = z.output<typeof httpOptions>;

/** One opened system that speaks HTTP. */
export interface HttpClient {
  readonly system: string;
  readonly base: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly identity: HttpOptions['identity'];
  readonly conceal: Concealer;
}

/** Makes the client; sends nothing. */
export function openHttp(options: HttpOptions, { system }: OpenContext): HttpClient {
  const { base, authorization } = baseOf(options.url);
  const bearer = options.token === undefined ? undefined : `Bearer ${options.token}`;
  const proof = bearer ?? authorization;
  return {
    system,
    base,
    headers: { ...options.headers, ...(proof === undefined ? {} : { authorization: proof }) },
    timeoutMs: options.timeout,
    identity: options.identity,
    conceal: createConcealer([
      options.token,
      authorization,
      ...secretsOfUrl(options.url),
      ...Object.values(options.headers),
    ]),
  };
}
