// The webhook connector: events in and notices out, both signed.
import { z } from 'zod';
import {
  ConnectorError,
  defineChannel,
  defineConnector,
  type ApplyCall,
  type Delivery,
  type Notice,
} from '../../connector.ts';
import { withEnding } from '../ending.ts';
import { baseOf, classOfStatus, exchange } from '../exchange.ts';
import { openWebhook, webhookOptions, type WebhookClient, type WebhookOptions } from './client.ts';
import { receive } from './receive.ts';
import { sign } from './signature.ts';

const address = z.strictObject({
  path: z
    .string()
    .startsWith('/')
    .optional()
    .meta({ description: "Put after the system's url. Default: the url as it is" }),
});

type Address = z.output<typeof address>;

/** What plans name by `uses: webhook`. */
export const webhook = defineConnector<WebhookOptions, WebhookClient>({
  name: 'webhook',
  summary: 'Signed JSON over HTTP: events from other systems, notices to them',
  options: webhookOptions,
  open: openWebhook,
  channel: defineChannel<WebhookClient, Address>({
    summary: 'Posts the notice as signed JSON; the receiver tells repeats by Idempotency-Key',
    address,
    send,
  }),
  events: { summary: 'Takes signed JSON, each event once', receive },
});

/** A lost answer is thrown, not `maybe`: sending again is safe, because the receiver knows the key. */
async function send(
  client: WebhookClient,
  to: Address,
  notice: Notice,
  call: ApplyCall,
): Promise<Delivery> {
  if (client.url === undefined) {
    throw failure(client, 'refused', 'the plan gives no url for it. Add url: https://…');
  }
  const { base, authorization } = baseOf(client.url);
  const url = new URL(to.path === undefined ? client.url : base + to.path);
  url.username = '';
  url.password = '';
  const { id, subject, text, facts } = notice;
  const body = JSON.stringify({ id, subject, text, facts });
  const [secret] = client.secret ?? [];
  const answer = await withEnding(call, client.timeout, (signal) =>
    exchange({
      method: 'post',
      url,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': call.idempotencyKey,
        'x-backout-id': id,
        'x-backout-event': 'notice',
        ...(authorization === undefined ? {} : { authorization }),
        ...client.headers,
        ...(secret === undefined ? {} : { 'x-backout-signature': signNow(secret, body) }),
      },
      body,
      signal,
      read: 'none',
      bodyMaxBytes: 0,
    }),
  );
  if (answer.type === 'failed') throw failure(client, answer.class, answer.because);
  const { status, ms } = answer;
  if (status >= 200 && status <= 299) return { type: 'sent', receipt: { id, status, ms } };
  throw failure(client, classOfStatus(status), `the receiver answers with status ${status}`);
}

function signNow(secret: string, body: string): string {
  return sign(secret, Math.floor(Date.now() / 1000), Buffer.from(body));
}

function failure(
  client: WebhookClient,
  errorClass: ConnectorError['class'],
  why: string,
): ConnectorError {
  const message = `[webhook] Cannot send the notice by ${client.system}: ${why}.`;
  return new ConnectorError(errorClass, client.conceal.text(message));
}
