// The caddy connector on a real Caddy: the contract, changes of others in between, and configurations it would not run.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import type { AnyStateKind, Json, Observation } from '../../src/connector.ts';
import { caddy } from '../../src/connectors/caddy/caddy.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { startCaddy } from '../servers/caddy.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const legacy = await startHttpServer((_request, response) => void response.end('legacy'));
const ledger = await startHttpServer((_request, response) => void response.end('ledger'));
const silent = await startSilentServer();
const nobody = await unusedPort();
const dial = { legacy: `127.0.0.1:${legacy.port}`, ledger: `127.0.0.1:${ledger.port}` };
const { server, skip } = await startedOrMissing('caddy', () => startCaddy(dial.ledger, 'tcp'));
const onSocket = server === undefined ? undefined : await startCaddy(dial.ledger, 'unix');
after(async () => {
  await Promise.all([server?.stop(), onSocket?.stop()]);
  await Promise.all([legacy.close(), ledger.close(), silent.close()]);
});

describe('caddy', { skip }, () => {
  const edge = server ?? assert.fail();
  const options = { address: edge.address, identity: '/config/apps/http/servers/app/@id' };
  const handler = '/config/apps/http/servers/app/routes/0/handle/0';
  const routed = { handler: '/id/pool', weights: { [dial.legacy]: 100, [dial.ledger]: 0 } };
  const upstreams = { path: `${handler}/upstreams`, value: [{ dial: dial.legacy }] };
  const send = async (method: string, path: string, body?: Json): Promise<Response> =>
    fetch(edge.address + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const read = async (path: string): Promise<Json> =>
    (await send('GET', path)).json() as Promise<Json>;
  const reset = async (): Promise<void> => {
    const body = {
      '@id': 'pool',
      handler: 'reverse_proxy',
      upstreams: [{ dial: dial.ledger, max_requests: 900 }],
    };
    assert.equal((await send('PATCH', handler, body)).status, 200);
  };
  const state = (name: string): AnyStateKind => caddy.states?.[name] ?? assert.fail();
  const open = (given: unknown = options) =>
    opened({ connector: caddy, options: () => given, secrets: [] });
  const act = async (name: string, wanted: unknown, given?: unknown) => {
    const system = await open(given);
    const desired: unknown = await validated(state(name).desired, wanted);
    return {
      observe: (): Promise<Observation> => state(name).observe(system.client, desired, readCall()),
      apply: async (): Promise<Json> =>
        (await state(name).apply?.(system.client, desired, applyCall('r/s', 1))) ?? null,
      undo: async (before: Json): Promise<void> =>
        void (await state(name).undo?.(
          system.client,
          desired,
          { before, receipt: null },
          applyCall('r/u', 1),
        )),
    };
  };
  const picture = async (): Promise<Json> => [
    await read('/config/'),
    await (await fetch(edge.url, { headers: { connection: 'close' } })).text(),
  ];

  connectorSuite({
    connector: caddy,
    options: () => options,
    secrets: [],
    unreachable: () => ({ address: `http://127.0.0.1:${nobody}` }),
    silent: () => ({ address: silent.url }),
    badOptions: [
      { value: { address: 'ftp://x' }, path: 'address' },
      { value: { address: edge.address, identity: '/load' }, path: 'identity' },
    ],
    states: [
      {
        name: 'weights',
        desired: () => routed,
        disturb: reset,
        picture,
        undoes: true,
        changed: () => 2,
        bad: [
          { value: { ...routed, weights: { [dial.legacy]: 0 } }, path: 'weights' },
          { value: { ...routed, handler: '/stop' }, path: 'handler' },
          { value: { ...routed, weights: { 'no-port': 1 } }, path: 'weights.no-port' },
        ],
        failures: [
          {
            title: 'there is no such handler',
            desired: { ...routed, handler: '/id/no-such' },
            class: 'refused',
            says: /unknown object ID/,
          },
          {
            title: 'the place is no reverse proxy',
            desired: { ...routed, handler: '/config/apps/http/servers/app/listen' },
            class: 'refused',
            says: /no reverse_proxy/,
          },
        ],
      },
      {
        name: 'config',
        desired: () => upstreams,
        disturb: reset,
        picture,
        undoes: true,
        bad: [
          { value: { path: '/config/a/../b?x', value: 1 }, path: 'path' },
          { value: { path: '/config/apps' }, path: 'value' },
        ],
        failures: [
          {
            title: 'the path leads nowhere',
            desired: { path: '/config/apps/nope/x', value: 1 },
            class: 'refused',
            says: /invalid traversal path/,
          },
          {
            title: 'Caddy would not run with the value',
            desired: {
              path: `${handler}/load_balancing`,
              value: { selection_policy: { policy: 'nope' } },
            },
            class: 'refused',
            says: /unknown module/,
          },
        ],
      },
    ],
  });

  it('sets a value where there was none, and undo takes it away again', async () => {
    await reset();
    const path = `${handler}/load_balancing`;
    const value = { selection_policy: { policy: 'first' } };
    const { observe, apply, undo } = await act('config', { path, value });
    const before = await observe();
    assert.match(before.type === 'differs' ? (before.change ?? '') : '', /nothing -> /);
    await apply();
    assert.deepEqual(await read(path), value);
    await undo(before.type === 'differs' ? before.evidence : null);
    assert.equal(await read(path), null);
    const none = await act('config', { path, value: null });
    assert.equal((await none.observe()).type, 'holds');
  });

  it('keeps what else is said of an upstream, and what others changed in the handler after it', async () => {
    await reset();
    const both = await act('weights', { handler, weights: { [dial.legacy]: 1, [dial.ledger]: 1 } });
    const before = await both.observe();
    await both.apply();
    assert.deepEqual(await read(`${handler}/upstreams`), [
      { dial: dial.legacy },
      { dial: dial.ledger, max_requests: 900 },
    ]);
    await send('PUT', `${handler}/flush_interval`, 5);
    await both.undo(before.type === 'differs' ? before.evidence : null);
    assert.equal(await read(`${handler}/flush_interval`), 5);
    assert.deepEqual(await read(`${handler}/upstreams`), [
      { dial: dial.ledger, max_requests: 900 },
    ]);
  });

  it('steps around a change that another makes in between, and overwrites nothing of it', async () => {
    await reset();
    let meddled = 0;
    const proxy = await startProxy(edge.address, async (method) => {
      if (method === 'PATCH' && meddled++ === 0) await send('PUT', `${handler}/flush_interval`, 7);
    });
    const { apply } = await act('weights', routed, { address: proxy.address });
    await apply();
    assert.equal(await read(`${handler}/flush_interval`), 7);
    assert.deepEqual(await read(`${handler}/upstreams`), [{ dial: dial.legacy }]);
    await proxy.close();
  });

  it('asks to be tried again when another changes the place all the time', async () => {
    await reset();
    const proxy = await startProxy(edge.address, async (method) => {
      const value = Math.floor(performance.now() * 1000);
      await send('DELETE', `${handler}/flush_interval`);
      if (method === 'PATCH') await send('PUT', `${handler}/flush_interval`, value);
    });
    const { apply } = await act('weights', routed, { address: proxy.address });
    await assert.rejects(apply(), { class: 'cannot-reach', message: /somebody else changes/ });
    assert.deepEqual(await read(`${handler}/upstreams`), [
      { dial: dial.ledger, max_requests: 900 },
    ]);
    await proxy.close();
  });

  it('changes a Caddy whose admin API is on a unix socket', async () => {
    const { address, url } = onSocket ?? assert.fail();
    const { observe, apply } = await act('weights', routed, { address });
    assert.equal((await observe()).type, 'differs');
    await apply();
    assert.equal((await observe()).type, 'holds');
    assert.equal(await (await fetch(url)).text(), 'legacy');
  });

  it('says its environment by a value of its configuration, and is not who is meant when that is not there', async () => {
    const system = await open();
    assert.equal(
      (await caddy.identify?.(system.client as never, readCall()))?.environment,
      'staging',
    );
    const other = await open({ ...options, identity: '/config/apps/http/nope' });
    await assert.rejects(
      async () => caddy.identify?.(other.client as never, readCall()),
      (error) => other.hearsError(error, 'target-mismatch'),
    );
  });

  it('knows a server that is no Caddy', async () => {
    const { observe } = await act('weights', routed, { address: legacy.url });
    await assert.rejects(observe(), { class: 'target-mismatch' });
  });

  it('understands weights of a policy that this version does not have', async () => {
    const value = {
      handler: 'reverse_proxy',
      upstreams: [{ dial: 'a:1' }, { dial: 'b:1' }],
      load_balancing: { selection_policy: { policy: 'weighted_round_robin', weights: [3, 1] } },
    };
    const newer = await startHttpServer((_request, response) => {
      response.writeHead(200, { etag: '"/config/x 1"' }).end(JSON.stringify(value));
    });
    const seen = async (weights: object): Promise<Observation> =>
      (await act('weights', { handler: '/id/x', weights }, { address: newer.url })).observe();
    assert.equal((await seen({ 'a:1': 75, 'b:1': 25 })).type, 'holds');
    const differs = await seen({ 'a:1': 1, 'b:1': 1 });
    assert.equal(
      differs.type === 'differs' && differs.change,
      'a:1 75 % -> 50 %, b:1 25 % -> 50 %',
    );
    await newer.close();
  });
});

/** Passes requests on to the real one, and does something before each. */
async function startProxy(
  to: string,
  before: (method: string) => Promise<void>,
): Promise<{ address: string; close: () => Promise<void> }> {
  const proxy = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => void pass(Buffer.concat(pieces)));
    const pass = async (body: Buffer): Promise<void> => {
      const method = request.method ?? 'GET';
      await before(method);
      const match = request.headers['if-match'];
      const answer = await fetch(to + (request.url ?? ''), {
        method,
        headers: {
          'content-type': 'application/json',
          ...(match === undefined ? {} : { 'if-match': match }),
        },
        ...(body.length === 0 ? {} : { body }),
      });
      const text = await answer.text();
      // fetch does not show trailers, so the tag is made as Caddy makes it: FNV-1a of the body.
      const etag = method === 'GET' ? { etag: `"${pathOf(request.url ?? '')} ${fnv(text)}"` } : {};
      response.writeHead(answer.status, etag).end(text);
    };
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo; // a server on TCP has such an address
  return {
    address: `http://127.0.0.1:${port}`,
    close: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

function pathOf(url: string): string {
  return url.replace(/^\/id\/pool/, '/config/apps/http/servers/app/routes/0/handle/0');
}

function fnv(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
