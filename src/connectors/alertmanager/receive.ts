// Alerts that Alertmanager posts to us: proved, and each counted once by its group, its fingerprint and its start.
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Delivered, Json, Received } from '../../connector.ts';
import { parseJson } from '../pointer.ts';
import type { AlertmanagerClient } from './client.ts';

const bodyMaxBytes = 4 * 1024 * 1024;

const labels = z.record(z.string(), z.string());
const status = z.enum(['firing', 'resolved']);

/** Version 4 of the webhook's message. */
const message = z.object({
  version: z.literal('4'),
  groupKey: z.string(),
  status,
  receiver: z.string(),
  groupLabels: labels.default({}),
  alerts: z
    .array(
      z.object({
        status,
        labels,
        annotations: labels.default({}),
        startsAt: z.iso.datetime({ offset: true }),
        endsAt: z.iso.datetime({ offset: true }),
        fingerprint: z.string().min(1),
      }),
    )
    .min(1),
});

type Message = z.output<typeof message>;

/** Accepts the alerts of one notification, or says why not. Nothing of an unproved body is read. */
export async function receive(
  client: AlertmanagerClient,
  { method, headers, body, receivedAt }: Delivered,
): Promise<Received> {
  if (body.byteLength > bodyMaxBytes)
    return rejected(413, `The body is longer than ${bodyMaxBytes} bytes.`);
  if (method.toUpperCase() !== 'POST') return rejected(400, `Alerts are posted, not ${method}.`);
  if (client.receives === undefined) {
    return rejected(
      401,
      `Cannot trust these alerts: the plan does not say what proves those of ${client.system}. Add receives: { token: … }.`,
    );
  }
  if (!isProved(client.receives, headers['authorization'])) {
    return rejected(
      401,
      'Cannot trust these alerts: their credentials are not those that the plan gives.',
    );
  }
  const parsed = message.safeParse(parseJson(new TextDecoder().decode(body)));
  if (!parsed.success)
    return rejected(400, 'The body is no message of version 4 of an Alertmanager.');
  const events = parsed.data.alerts.map((alert) => eventOf(parsed.data, alert, receivedAt));
  return { type: 'accepted', events };
}

function eventOf(
  group: Message,
  alert: Message['alerts'][number],
  receivedAt: number,
): { readonly type: 'event'; readonly at: number; readonly id: string; readonly data: Json } {
  const { labels, annotations, startsAt, endsAt, fingerprint } = alert;
  const told = [group.groupKey, fingerprint, startsAt, alert.status];
  // A firing alert may be told late, when its group was busy; its end is what it says.
  const at = Math.min(receivedAt, Date.parse(alert.status === 'resolved' ? endsAt : startsAt));
  return {
    type: 'event',
    at,
    id: createHash('sha256').update(JSON.stringify(told)).digest('hex'),
    data: {
      event: labels['alertname'] ?? null,
      status: alert.status,
      labels,
      annotations,
      startsAt,
      fingerprint,
      group: { status: group.status, labels: group.groupLabels, receiver: group.receiver },
    },
  };
}

function isProved(
  receives: NonNullable<AlertmanagerClient['receives']>,
  given: string | undefined,
): boolean {
  if (receives === 'none') return true;
  if (given === undefined) return false;
  const wanted =
    'token' in receives
      ? `Bearer ${receives.token}`
      : `Basic ${Buffer.from(`${receives.user}:${receives.password}`).toString('base64')}`;
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function rejected(code: 400 | 401 | 413, because: string): Received {
  return { type: 'rejected', status: code, because: `[alertmanager] ${because}` };
}
