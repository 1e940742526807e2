// The webhook connector: notices out by the contract, events in with every way to forge or repeat them.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { Delivered, Received } from '../../src/connector.ts';
import { sign } from '../../src/connectors/webhook/signature.ts';
import { webhook } from '../../src/connectors/webhook/webhook.ts';
import { connectorSuite } from '../../src/testing.ts';
import { opened } from '../../src/testing/contract-call.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const secret = 'a-very-secret-key';
const arrived: Delivered[] = [];
const receiver = await startHttpServer((request, response, body) => {
  const headers = request.headers as Record<string, string>; // no header of these tests is given twice
  arrived.push({
    method: request.method ?? '',
    path: request.url ?? '',
    headers,
    body: Buffer.from(body),
    receivedAt: Date.now(),
  });
  response.statusCode = 204;
  response.end();
});
const silent = await startSilentServer();
const nobody = `http://127.0.0.1:${await unusedPort()}`;
after(() => Promise.all([receiver.close(), silent.close()]));
const options = { url: `${receiver.url}/hook/path-secret`, secret };

connectorSuite({
  connector: webhook,
  options: () => options,
  secrets: [secret, 'path-secret'],
  unreachable: () => ({ ...options, url: nobody }),
  silent: () => ({ ...options, url: silent.url }),
  badOptions: [
    { value: { secret: 'short' }, path: 'secret' },
    { value: { ...options, url: 'mailto:x' }, path: 'url' },
  ],
  channel: {
    address: {},
    arrived: async () => arrived.map(({ headers }) => headers['idempotency-key'] ?? ''),
  },
});

describe('an event by webhook', () => {
  const now = Date.now();
  const body = Buffer.from('{"id":"e-1","kind":"deploy","state":"failed"}');
  const signed = (at = now, with_ = secret, over: Uint8Array = body): Record<string, string> => ({
    'x-backout-signature': sign(with_, Math.floor(at / 1000), over),
    'x-backout-id': 'header-id',
  });
  const receive = async (given: Partial<Delivered>, more: object = {}): Promise<Received> => {
    const system = await opened(
      { connector: webhook, options: () => options, secrets: [secret] },
      { secret, ...more },
    );
    const delivered = {
      method: 'POST',
      path: '/',
      headers: signed(),
      body,
      receivedAt: now,
      ...given,
    };
    const received = await webhook.events!.receive(system.client as never, delivered);
    system.hears(received);
    return received;
  };
  const statusOf = (received: Received): number =>
    received.type === 'rejected' ? received.status : 200;

  it('is accepted with its id, its name and the time it was signed at', async () => {
    const received = await receive({}, { id: '/id', event: '/kind' });
    assert.ok(received.type === 'accepted');
    assert.equal(received.events.length, 1);
    const [event] = received.events;
    assert.equal(event?.id, 'e-1');
    assert.equal(event.at, Math.floor(now / 1000) * 1000);
    assert.deepEqual(event.data, { event: 'deploy', body: JSON.parse(body.toString()) as unknown });
  });

  it('is taken from what our own channel sends', async () => {
    const [notice] = arrived;
    assert.ok(notice);
    const received = await receive(notice);
    const id = notice.headers['idempotency-key'];
    assert.equal(received.type === 'accepted' && received.events[0]?.id, id);
  });

  it('is accepted by the old and the new secret while they are being changed', async () => {
    const secrets = { secret: ['the-next-secret', secret] };
    assert.equal(statusOf(await receive({}, secrets)), 200);
    assert.equal(
      statusOf(await receive({ headers: signed(now, 'the-next-secret') }, secrets)),
      200,
    );
  });

  it('is refused when it is forged: no signature, another secret, another body, another time', async () => {
    const [time = '', mac = ''] = signed()['x-backout-signature']?.split(',') ?? [];
    const forged: Record<string, string>[] = [
      {},
      signed(now, 'another-secret'),
      signed(now, secret, Buffer.from('{"id":"e-1","state":"fine"}')),
      { 'x-backout-signature': `${time}0,${mac}` },
      { 'x-backout-signature': time },
      { 'x-backout-signature': mac },
      { 'x-backout-signature': `${time},v1=` },
      { 'x-hub-signature-256': 'sha256=' },
    ];
    for (const headers of forged) assert.equal(statusOf(await receive({ headers })), 401);
  });

  it('is refused when it is replayed after the window, or signed in the future', async () => {
    assert.equal(statusOf(await receive({ headers: signed(now - 301_000) })), 401);
    assert.equal(statusOf(await receive({ headers: signed(now + 302_000) })), 401);
    assert.equal(statusOf(await receive({ headers: signed(now - 290_000) })), 200);
    const wide = { 'replay-window': '1h' };
    assert.equal(statusOf(await receive({ headers: signed(now - 301_000) }, wide)), 200);
  });

  it('is accepted as GitHub signs it', async () => {
    const mac = createHmac('sha256', secret).update(body).digest('hex');
    const headers = {
      'x-hub-signature-256': `sha256=${mac}`,
      'x-github-delivery': 'guid-1',
      'x-github-event': 'deployment_status',
    };
    const received = await receive({ headers });
    assert.ok(received.type === 'accepted');
    assert.equal(received.events[0]?.id, 'guid-1');
    assert.match(JSON.stringify(received.events[0]?.data), /"event":"deployment_status"/);
  });

  it('is refused without an id, for it could not be told from its repeat', async () => {
    const { 'x-backout-id': _id, ...headers } = signed();
    assert.equal(statusOf(await receive({ headers })), 400);
    assert.equal(statusOf(await receive({ headers }, { id: '/none' })), 400);
  });

  it('is refused when it is no JSON, too long, or not posted', async () => {
    const text = Buffer.from('hello');
    assert.equal(statusOf(await receive({ body: text, headers: signed(now, secret, text) })), 400);
    assert.equal(statusOf(await receive({ body: Buffer.alloc(2_000_000) })), 413);
    assert.equal(statusOf(await receive({ method: 'GET' })), 400);
  });

  it('is never accepted by a system without a secret', async () => {
    assert.equal(statusOf(await receive({}, { secret: undefined })), 401);
  });
});
