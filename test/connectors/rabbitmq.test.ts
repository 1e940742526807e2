// The rabbitmq connector on a real broker: the contract, clients that come back, and figures that are some seconds old.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type ChannelModel } from 'amqplib';
import type { AnyStateKind, Json, Observation } from '../../src/connector.ts';
import { rabbitmq } from '../../src/connectors/rabbitmq/rabbitmq.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { startRabbitmq } from '../servers/rabbitmq.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const { server, skip } = await startedOrMissing('rabbitmq', startRabbitmq);
const silent = await startSilentServer();
const nobody = await unusedPort();
const secret = 'a-very-secret-password';

describe('rabbitmq', { skip }, () => {
  if (server === undefined) return;
  const url = server.url.replace('guest:guest', `admin:${secret}`);
  const options = { url };
  const api = async (method: string, path: string, json?: Json): Promise<Json> => {
    const { origin } = new URL(server.url);
    const authorization = `Basic ${Buffer.from('guest:guest').toString('base64')}`;
    const response = await fetch(`${origin}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return text === '' ? null : (JSON.parse(text) as Json); // an API of JSON
  };
  const addUser = async (name: string, tags: string): Promise<void> => {
    await api('PUT', `users/${name}`, { password: secret, tags });
    const all = { configure: '.*', write: '.*', read: '.*' };
    await api('PUT', `permissions/%2F/${name}`, all);
  };
  const open = (): Promise<ChannelModel> => connect(server.amqp('writer', secret, '/'));
  const connections = async (): Promise<number> => {
    const all = await api('GET', 'connections/username/writer');
    return Array.isArray(all) ? all.length : -1;
  };
  const untilConnections = async (count: number): Promise<void> => {
    while ((await connections()) !== count) await wait(50);
  };
  let writer: ChannelModel | undefined;
  const connectWriter = async (): Promise<void> => {
    await writer?.close().catch(() => undefined);
    writer = await open();
    writer.on('error', () => undefined);
    await untilConnections(1);
  };

  before(async () => {
    await addUser('admin', 'administrator');
    await addUser('writer', '');
    await addUser('watcher', 'monitoring');
    await api('PUT', 'global-parameters/backout_environment', {
      name: 'backout_environment',
      value: 'staging',
    });
    for (const queue of ['orders', 'empty']) await api('PUT', `queues/%2F/${queue}`, {});
    const counted = async (queue: string): Promise<boolean> =>
      JSON.stringify(await api('GET', `queues/%2F/${queue}`)).includes('"messages_ready"');
    while (!((await counted('orders')) && (await counted('empty')))) await wait(50);
  });
  after(async () => {
    await writer?.close().catch(() => undefined);
    await Promise.all([server.stop(), silent.close()]);
  });

  const put = async (): Promise<void> => {
    await api('POST', 'exchanges/%2F/amq.default/publish', {
      properties: {},
      routing_key: 'orders',
      payload: 'an order',
      payload_encoding: 'string',
    });
    while (depthIn(await api('GET', 'queues/%2F/orders')) === 0) await wait(50);
  };

  connectorSuite({
    connector: rabbitmq,
    options: () => options,
    secrets: [secret],
    unreachable: () => ({ url: `http://admin:${secret}@127.0.0.1:${nobody}` }),
    silent: () => ({ url: `http://admin:${secret}@127.0.0.1:${silent.port}` }),
    forbidden: () => ({ url: url.replace(secret, 'wrong-password') }),
    badOptions: [
      { value: { url: 'amqp://x' }, path: 'url' },
      { value: { ...options, vhost: '/' }, path: '' },
    ],
    states: [
      {
        name: 'drained',
        desired: () => ({ queues: ['orders', 'empty'], settle: '1s' }),
        disturb: async () => {
          await api('DELETE', 'queues/%2F/orders/contents');
          await put();
        },
        picture: async () => depthIn(await api('GET', 'queues/%2F/orders')),
        undoes: false,
        bad: [
          { value: { queues: [] }, path: 'queues' },
          { value: { queues: ['a'], settle: 6 }, path: 'settle' },
        ],
      },
      {
        name: 'stopped',
        desired: () => ({ user: 'writer' }),
        disturb: async () => {
          await api('DELETE', 'user-limits/writer/max-connections');
          await connectWriter();
        },
        picture: async () => ({
          limit: await api('GET', 'user-limits/writer'),
          connections: await connections(),
        }),
        changed: (one, other) => connectionsIn(one) - connectionsIn(other),
        // A connection that was closed is the client's to open again: what comes back is that it may.
        undoes: false,
        bad: [
          { value: {}, path: 'user' },
          { value: { user: 'a', vhost: 'b' }, path: '' },
        ],
        failures: [
          {
            title: 'there is no such user',
            desired: { user: 'nobody' },
            class: 'refused',
            says: /there is no user nobody/,
          },
          {
            title: 'the user may only look',
            options: { url: url.replace('admin', 'watcher') },
            desired: { user: 'writer' },
            class: 'not-allowed',
            says: /administrator/,
          },
        ],
      },
    ],
    signals: [
      { title: 'the queue has a depth', query: { queue: 'empty' }, expect: 'number', value: 0 },
      {
        title: 'nothing was ever put there',
        query: { queue: 'empty', read: 'publish-rate' },
        expect: 'no-data',
      },
      {
        title: 'there is no such queue',
        query: { queue: 'none' },
        expect: 'error',
        class: 'refused',
      },
    ],
  });

  const stateOf = (name: string): AnyStateKind => rabbitmq.states?.[name] ?? assert.fail();
  const observe = async (
    name: string,
    wanted: object,
    deadlineMs?: number,
  ): Promise<Observation> => {
    const system = await opened({ connector: rabbitmq, options: () => options, secrets: [secret] });
    const kind = stateOf(name);
    const call = readCall(deadlineMs === undefined ? {} : { deadlineMs });
    return kind.observe(system.client, await validated(kind.desired, wanted), call);
  };

  it('says which cluster and environment it is', async () => {
    const system = await opened({ connector: rabbitmq, options: () => options, secrets: [secret] });
    const identity = await rabbitmq.identify!(system.client as never, readCall());
    assert.equal(identity.environment, 'staging');
    assert.match(identity.id ?? '', /^test\d+@/);
  });

  it('keeps clients out that come again, and lets them in after the undo with the limit they had', async () => {
    await api('PUT', 'user-limits/writer/max-connections', { value: 7 });
    await connectWriter();
    const system = await opened({ connector: rabbitmq, options: () => options, secrets: [secret] });
    const kind = stateOf('stopped');
    const desired: unknown = await validated(kind.desired, { user: 'writer' });
    const seen = await kind.observe(system.client, desired, readCall());
    assert.equal(seen.type === 'differs' && seen.change, '1 connections -> 0, at most 7 -> 0');
    await kind.apply?.(system.client, desired, applyCall('run-1/step', 1));
    await untilConnections(0);
    assert.equal((await observe('stopped', { user: 'writer' })).type, 'holds');
    await assert.rejects(open(), /ConnectionClose/);
    const kept = { before: seen.type === 'differs' ? seen.evidence : null, receipt: null };
    for (const attempt of [1, 2])
      await kind.undo?.(system.client, desired, kept, applyCall('run-1/undo', attempt));
    assert.match(JSON.stringify(await api('GET', 'user-limits/writer')), /"max-connections":7/);
    await connectWriter();
  });

  it('stops a client that came only just now, which the list of all connections does not know yet', async () => {
    await api('DELETE', 'user-limits/writer/max-connections');
    await connectWriter();
    const listed = await api('GET', 'connections?columns=user');
    const system = await opened({ connector: rabbitmq, options: () => options, secrets: [secret] });
    const kind = stateOf('stopped');
    const desired: unknown = await validated(kind.desired, { user: 'writer' });
    const receipt = await kind.apply?.(system.client, desired, applyCall('run-2/step', 1));
    assert.deepEqual(receipt, { limit: null, closed: 1 }, JSON.stringify(listed));
    await untilConnections(0);
    await api('DELETE', 'user-limits/writer/max-connections');
  });

  it('takes a queue for full while a consumer holds what it has not acknowledged', async () => {
    await api('DELETE', 'queues/%2F/orders/contents');
    await put();
    await connectWriter();
    const channel = await writer?.createChannel();
    assert.ok(channel);
    const got = await channel.get('orders');
    assert.ok(got);
    const unacked = async (): Promise<boolean> =>
      JSON.stringify(await api('GET', 'queues/%2F/orders')).includes('"messages_unacknowledged":1');
    while (!(await unacked())) await wait(50);
    const seen = await observe('drained', { queues: ['orders'], settle: '1s' });
    assert.match(
      seen.type === 'differs' ? (seen.change ?? '') : '',
      /orders 1 \(1 not acknowledged\) -> 0/,
    );
    channel.ack(got);
    while (depthIn(await api('GET', 'queues/%2F/orders')) !== 0) await wait(50);
    assert.equal((await observe('drained', { queues: ['orders'], settle: '1s' })).type, 'holds');
    await channel.close();
  });

  it('does not take a queue for drained that is written to and read at once', async () => {
    await connectWriter();
    const channel = await writer?.createChannel();
    assert.ok(channel);
    await channel.consume('orders', () => undefined, { noAck: true });
    const flow = setInterval(() => channel.sendToQueue('orders', Buffer.from('x')), 20);
    // At once: the broker says for some seconds that nobody reads and nobody writes.
    const seen = await observe('drained', { queues: ['orders'] }, 60_000);
    clearInterval(flow);
    assert.equal(seen.type, 'differs', JSON.stringify(seen));
    await channel.close();
  });
});

function depthIn(queue: Json): number {
  const depth = /"messages":(\d+)/.exec(JSON.stringify(queue))?.[1];
  return Number(depth ?? 0);
}

function connectionsIn(picture: Json): number {
  return Number(/"connections":(\d+)/.exec(JSON.stringify(picture))?.[1]);
}
