// Events that other systems post to us: proved by their signature, told apart by their id.
import type { Delivered, Json, Received } from '../../connector.ts';
import { parseJson, valueAt } from '../pointer.ts';
import type { WebhookClient } from './client.ts';
import { checkGithub, checkOwn, type Proof } from './signature.ts';

const bodyMaxBytes = 1024 * 1024;
const idMaxLength = 200;

/** Accepts one event, or says why not. Nothing of an unproved body is read. */
export async function receive(client: WebhookClient, delivered: Delivered): Promise<Received> {
  const { body, headers, method } = delivered;
  if (body.byteLength > bodyMaxBytes) {
    return rejected(413, `The body is longer than ${bodyMaxBytes} bytes.`);
  }
  if (method.toUpperCase() !== 'POST') return rejected(400, `Events are posted, not ${method}.`);
  const proof = prove(client, delivered);
  if (proof.type === 'refused') return rejected(401, `Cannot trust this event: ${proof.because}.`);
  const json = parseJson(new TextDecoder().decode(body));
  if (json === undefined) return rejected(400, 'The body is no JSON.');
  const id = textAt(client.id, json) ?? headers['x-backout-id'] ?? headers['x-github-delivery'];
  if (id === undefined || id === '' || id.length > idMaxLength) {
    const where = client.id ?? 'the header X-Backout-Id';
    return rejected(400, `The event has no id of 1 to ${idMaxLength} characters at ${where}.`);
  }
  const event =
    textAt(client.event, json) ?? headers['x-backout-event'] ?? headers['x-github-event'];
  const data: Json = { event: event ?? null, body: json };
  const at = proof.signedAt ?? delivered.receivedAt;
  return { type: 'accepted', events: [{ type: 'event', at, id, data }] };
}

function prove(client: WebhookClient, { headers, body, receivedAt }: Delivered): Proof {
  if (client.secret === undefined) {
    return { type: 'refused', because: `the plan gives no secret for ${client.system}` };
  }
  const own = headers['x-backout-signature'];
  if (own !== undefined) {
    return checkOwn(own, body, client.secret, receivedAt, client['replay-window']);
  }
  const github = headers['x-hub-signature-256'];
  if (github !== undefined) return checkGithub(github, body, client.secret);
  return {
    type: 'refused',
    because: 'there is neither X-Backout-Signature nor X-Hub-Signature-256',
  };
}

function textAt(place: string | undefined, json: Json): string | undefined {
  const value = place === undefined ? undefined : valueAt(json, place);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function rejected(status: 400 | 401 | 413, because: string): Received {
  return { type: 'rejected', status, because: `[webhook] ${because}` };
}
