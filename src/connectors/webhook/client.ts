// The options of the webhook connector: the secret that both ways are signed with, and where notices go.
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, secretsOfUrl, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { pointer } from '../pointer.ts';

const secret = z.string().min(8, 'must have at least 8 characters');

/** What a plan says under `systems` for `uses: webhook`. */
export const webhookOptions = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'is no http:// or https:// address' })
    .optional()
    .meta({ description: 'Where notices are posted to; often a secret itself, so never shown' }),
  secret: z
    .union([secret.transform((one) => [one]), z.array(secret).min(1)])
    .optional()
    .meta({
      description:
        'Signs notices and proves events; events without it are refused. A list while it is being changed: the first signs',
    }),
  headers: z.record(z.string(), z.string()).default({}),
  id: pointer.optional().meta({
    description: 'Where an event has its id. Default: the header X-Backout-Id or X-GitHub-Delivery',
  }),
  event: pointer.optional().meta({
    description:
      'Where an event has its name. Default: the header X-Backout-Event or X-GitHub-Event',
  }),
  'replay-window': duration
    .default(300_000)
    .meta({ description: 'How far from now an event may be signed. Default: 5m' }),
  timeout: duration
    .default(10_000)
    .meta({ description: 'How long a notice may take. Default: 10s' }),
});

/** The options after validation. */
export type WebhookOptions = z.output<typeof webhookOptions>;

/** One opened sender and receiver. */
export interface WebhookClient extends WebhookOptions {
  readonly system: string;
  readonly conceal: Concealer;
}

/** Makes the client; sends nothing. */
export function openWebhook(options: WebhookOptions, { system }: OpenContext): WebhookClient {
  const paths = options.url === undefined ? [] : [new URL(options.url).pathname];
  return {
    ...options,
    system,
    conceal: createConcealer([
      ...(options.secret ?? []),
      ...Object.values(options.headers),
      ...(options.url === undefined ? [] : secretsOfUrl(options.url)),
      ...paths,
    ]),
  };
}
