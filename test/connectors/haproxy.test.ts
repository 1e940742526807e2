// The haproxy connector on a real HAProxy: the contract, reloads in the middle, sockets that may not, answers cut off.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import type { AnyStateKind, Json, Kept, Observation, Reading } from '../../src/connector.ts';
import { haproxy } from '../../src/connectors/haproxy/haproxy.ts';
import { entriesIn, valuesOf } from '../../src/connectors/haproxy/map-text.ts';
import { connectorSuite } from '../../src/testing.ts';
import {
  applyCall,
  opened,
  readCall,
  validated,
  type Limits,
} from '../../src/testing/contract-call.ts';
import { startHaproxy } from '../servers/haproxy.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const relays: { close: () => void }[] = [];
const held: (() => void)[] = [];
const legacy = await startHttpServer((request, response) => {
  if (request.url === '/slow') held.push(() => response.end('slow'));
  else response.writeHead(request.url === '/broken' ? 500 : 200).end('legacy');
});
const ledger = await startHttpServer((_request, response) => void response.end('ledger'));
const silent = await startSilentServer();
const nobody = await unusedPort();
const { server, skip } = await startedOrMissing('haproxy', () =>
  startHaproxy(legacy.port, ledger.port),
);
const release = (): void => held.splice(0).forEach((end) => end());
after(async () => {
  release();
  relays.forEach((relay) => relay.close());
  await server?.stop();
  await Promise.all([legacy.close(), ledger.close(), silent.close()]);
});

describe('haproxy', { skip }, () => {
  const edge = server ?? assert.fail();
  const options = { address: edge.admin, 'state-file': edge.stateFile };
  const routed = { legacy: 100, ledger: 0 };
  const state = (name: string): AnyStateKind => haproxy.states?.[name] ?? assert.fail();
  const open = (given: unknown = options) =>
    opened({ connector: haproxy, options: () => given, secrets: [] });

  const observe = async (name: string, wanted: unknown, given?: unknown): Promise<Observation> => {
    const system = await open(given);
    const desired: unknown = await validated(state(name).desired, wanted);
    return state(name).observe(system.client, desired, readCall());
  };
  const apply = async (
    name: string,
    wanted: unknown,
    given?: unknown,
    limits?: Limits,
  ): Promise<Json> => {
    const system = await open(given);
    const desired: unknown = await validated(state(name).desired, wanted);
    const receipt = await state(name).apply?.(system.client, desired, applyCall('r/s', 1, limits));
    return receipt ?? null;
  };
  const undo = async (name: string, wanted: unknown, kept: Kept): Promise<void> => {
    const system = await open();
    const desired: unknown = await validated(state(name).desired, wanted);
    await state(name).undo?.(system.client, desired, kept, applyCall('r/undo', 1));
  };
  const weightsNow = async (backend = 'app'): Promise<Json> => {
    const lines = (await edge.say(`show servers state ${backend}`)).split('\n').slice(2);
    return lines.map((line) => {
      const fields = line.split(' ');
      return `${fields[3]} ${fields[7]} ${fields[6]}`;
    });
  };
  const reset = async (): Promise<void> => {
    for (const name of ['legacy', 'ledger']) {
      await edge.say(`set server app/${name} state ready`);
      await edge.say(`set weight app/${name} 50`);
    }
    await edge.say('set weight app/dead 0');
    writeFileSync(edge.stateFile, '');
  };
  const mapNow = async (): Promise<string> =>
    (await edge.say(`show map ${edge.mapFile}`)).replaceAll(/^0x\S+ /gm, '');
  const resetMap = async (): Promise<void> => {
    await edge.say(`clear map ${edge.mapFile}`);
    await edge.say(`add map ${edge.mapFile} /pay app`);
    await edge.say(`add map ${edge.mapFile} /old legacyonly`);
    writeFileSync(edge.mapFile, '# who goes where\n/pay app\n/old legacyonly\n');
  };

  connectorSuite({
    connector: haproxy,
    options: () => options,
    secrets: [],
    unreachable: () => ({ address: `127.0.0.1:${nobody}` }),
    silent: () => ({ address: `127.0.0.1:${silent.port}` }),
    badOptions: [
      { value: { address: '/run/haproxy.sock' }, path: 'address' },
      { value: { address: '127.0.0.1:99999' }, path: 'address' },
      { value: { address: edge.admin, timeout: 5 }, path: 'timeout' },
    ],
    states: [
      {
        name: 'weights',
        desired: () => ({ backend: 'app', weights: routed }),
        disturb: reset,
        picture: () => weightsNow(),
        undoes: true,
        changed: differing,
        bad: [
          { value: { backend: 'app', weights: {} }, path: 'weights' },
          { value: { backend: 'app', weights: { legacy: 257 } }, path: 'weights.legacy' },
          { value: { backend: 'app;shutdown', weights: routed }, path: 'backend' },
        ],
        failures: [
          {
            title: 'the server is not known',
            desired: { backend: 'app', weights: { legacy: 1, legder: 0 } },
            class: 'refused',
            says: /no server legder; it has ledger, legacy, dead/,
          },
          {
            title: 'the backend is not known',
            desired: { backend: 'apps', weights: routed },
            class: 'refused',
            says: /no backend apps; there is app,/,
          },
          {
            title: 'the socket may only read',
            options: { address: edge.operator },
            desired: { backend: 'app', weights: routed },
            class: 'not-allowed',
            says: /level admin/,
          },
          {
            title: 'the balancing algorithm takes no other weights',
            desired: { backend: 'fixed', weights: { legacy: 7 } },
            class: 'refused',
            says: /static LB algorithm/,
          },
          {
            title: 'nobody who would get traffic is up',
            desired: { backend: 'app', weights: { legacy: 0, ledger: 0, dead: 10 } },
            class: 'cannot-reach',
            says: /no server that would get traffic is up: dead/,
          },
          {
            title: 'the state file cannot be written',
            options: { address: edge.admin, 'state-file': '/no/such/folder/state' },
            desired: { backend: 'app', weights: { legacy: 50, ledger: 50 } },
            class: 'refused',
            says: /folder/,
          },
        ],
      },
      {
        name: 'drain',
        desired: () => ({ backend: 'app', servers: ['ledger'] }),
        disturb: reset,
        picture: () => weightsNow(),
        undoes: true,
        changed: differing,
        bad: [{ value: { backend: 'app', servers: [] }, path: 'servers' }],
        failures: [
          {
            title: 'the server is not known',
            desired: { backend: 'app', servers: ['other'] },
            class: 'refused',
            says: /it has/,
          },
        ],
      },
      {
        name: 'map',
        desired: () => ({
          map: edge.mapFile,
          file: edge.mapFile,
          entries: { '/pay': 'legacyonly', '/new': 'app', '/old': null },
        }),
        disturb: resetMap,
        picture: async () => [await mapNow(), readFileSync(edge.mapFile, 'utf8')],
        undoes: true,
        changed: (before, after) => {
          const [then, now] = [before, after].map((each) =>
            valuesOf(entriesIn(JSON.stringify(each).replaceAll(/\\n|["[\],]/g, '\n'))),
          );
          const names = new Set([...(then?.keys() ?? []), ...(now?.keys() ?? [])]);
          return [...names].filter((name) => then?.get(name)?.[0] !== now?.get(name)?.[0]).length;
        },
        bad: [
          { value: { map: 'a b', entries: {} }, path: 'map' },
          { value: { map: 'a', entries: { x: 'a\ndel map a' } }, path: 'entries.x' },
          { value: { map: 'a', entries: { '#1': 'a' } }, path: 'entries.#1' },
        ],
        failures: [
          {
            title: 'the map is not known',
            desired: { map: '/no/such.map', entries: { '/a': 'b' } },
            class: 'refused',
            says: /it has .*routes\.map/,
          },
        ],
      },
    ],
    signals: [
      {
        title: 'sessions are counted',
        query: { backend: 'app', measure: 'sessions' },
        expect: 'number',
        value: 0,
      },
      {
        title: 'a server is up',
        query: { backend: 'app', server: 'legacy', measure: 'up' },
        expect: 'number',
        value: 1,
      },
      {
        title: 'a rate was seen once only',
        query: { backend: 'app', measure: 'requests' },
        expect: 'no-data',
      },
      {
        title: 'there is no such backend',
        query: { backend: 'nope', measure: 'sessions' },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'nobody listens',
        options: { address: `127.0.0.1:${nobody}` },
        query: { backend: 'app', measure: 'sessions' },
        expect: 'error',
        class: 'cannot-reach',
      },
    ],
  });

  it('sends traffic where the weights say, over a unix socket and over TCP', async () => {
    await reset();
    await apply('weights', { backend: 'app', weights: routed }, { address: edge.tcp });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(`${edge.url}/x`)).text()),
    );
    assert.deepEqual(new Set(answers), new Set(['legacy']));
  });

  it('keeps the weights and a maintenance through a reload when the plan names the state file', async () => {
    await reset();
    await apply('weights', { backend: 'app', weights: { legacy: 90, ledger: 10 } });
    await apply('drain', { backend: 'app', servers: ['ledger'], to: 'maint' });
    await edge.reload();
    assert.deepEqual(await weightsNow(), ['legacy 90 0', 'ledger 10 1', 'dead 0 0']);
    await reset();
  });

  it('sees that a reload would lose weights that were set by hand and not saved', async () => {
    await reset();
    await apply('weights', { backend: 'app', weights: routed });
    writeFileSync(edge.stateFile, '');
    const seen = await observe('weights', { backend: 'app', weights: routed });
    assert.equal(
      seen.type === 'differs' && seen.change,
      'app: a reload would not bring back legacy, ledger',
    );
    assert.equal(
      (await observe('weights', { backend: 'app', weights: routed }, { address: edge.admin })).type,
      'holds',
    );
  });

  it('gives no traffic to a server in maintenance unless the plan says so', async () => {
    await reset();
    await edge.say('set server app/legacy state maint');
    await edge.say('set weight app/legacy 100');
    await edge.say('set weight app/ledger 0');
    const seen = await observe('weights', { backend: 'app', weights: routed });
    assert.match(
      seen.type === 'differs' ? (seen.change ?? '') : '',
      /legacy maint -> ready by hand/,
    );
    await assert.rejects(apply('weights', { backend: 'app', weights: routed }), {
      class: 'refused',
      message: /ready: true/,
    });
    const wanted = { backend: 'app', weights: routed, ready: true };
    const before = await observe('weights', wanted);
    assert.ok(before.type === 'differs');
    const receipt = await apply('weights', wanted);
    assert.equal((await observe('weights', wanted)).type, 'holds');
    await undo('weights', wanted, { before: before.evidence, receipt: null });
    assert.deepEqual(await weightsNow(), ['legacy 100 1', 'ledger 0 0', 'dead 0 0']);
    await undo('weights', wanted, { before: null, receipt });
    await reset();
  });

  it('says that the reload of the configuration came in between, so that the engine tries again', async () => {
    await reset();
    // A stand-in that relays to the real process, and reloads it after the weight was set.
    let reloads = 0;
    const relay = await startRelay(edge.tcp, async (line) => {
      if (line.startsWith('set weight app/ledger') && reloads++ === 0) await edge.reload();
    });
    relays.push(relay);
    const system = await open({ address: relay.address });
    const desired: unknown = await validated(state('weights').desired, {
      backend: 'app',
      weights: routed,
    });
    await assert.rejects(
      async () => state('weights').apply?.(system.client, desired, applyCall('r/s', 1)),
      (error) => system.hearsError(error, 'cannot-reach'),
    );
    await state('weights').apply?.(system.client, desired, applyCall('r/s', 2));
    assert.equal(
      (await observe('weights', { backend: 'app', weights: routed }, { address: edge.tcp })).type,
      'holds',
    );
  });

  it('takes an answer that was cut off for none at all', async () => {
    const cut = await startRelay(edge.tcp, async () => undefined, 600);
    relays.push(cut);
    const seen = await open({ address: cut.address });
    const desired: unknown = await validated(state('weights').desired, {
      backend: 'app',
      weights: routed,
    });
    await assert.rejects(
      state('weights').observe(seen.client, desired, readCall()),
      (error) =>
        seen.hearsError(error, 'cannot-reach') && /hung up in the middle/.test(String(error)),
    );
  });

  it('knows that something else than HAProxy answers', async () => {
    const other = await startHttpServer((_request, response) => void response.end());
    await assert.rejects(
      observe(
        'weights',
        { backend: 'app', weights: routed },
        { address: `127.0.0.1:${other.port}` },
      ),
      { class: 'target-mismatch' },
    );
    await other.close();
  });

  it('knows the socket of the master process, which looks the same and has no servers', async () => {
    await assert.rejects(
      observe('weights', { backend: 'app', weights: routed }, { address: edge.master }),
      { class: 'target-mismatch', message: /the master of HAProxy/ },
    );
  });

  it('is not ready on a socket that may not change servers', async () => {
    for (const address of [edge.operator, edge.user]) {
      const system = await open({ address });
      const answer = await haproxy.probe?.(system.client as never, readCall());
      assert.equal(answer?.type === 'not-ready' && answer.class, 'not-allowed');
    }
  });

  it('says who answers by its node and what its description says of the environment', async () => {
    const system = await open();
    const identity = await haproxy.identify?.(system.client as never, readCall());
    assert.equal(identity?.id, 'edge-1');
    assert.equal(identity.environment, 'staging');
  });

  it('waits for sessions to end while it drains, and says which are left when time is over', async () => {
    await reset();
    await apply('weights', { backend: 'app', weights: routed });
    const slow = fetch(`${edge.url}/slow`).then((response) => response.text());
    while (held.length === 0) await new Promise(setImmediate);
    const wanted = { backend: 'app', servers: ['legacy'] };
    await assert.rejects(apply('drain', wanted, undefined, { deadlineMs: 900 }), {
      class: 'timed-out',
      message: /sessions are left: legacy has 1/,
    });
    const seen = await observe('drain', wanted);
    assert.match(seen.type === 'differs' ? (seen.change ?? '') : '', /legacy has 1 sessions/);
    const draining = apply('drain', wanted);
    release();
    await draining;
    assert.equal(await slow, 'slow');
    assert.equal((await observe('drain', wanted)).type, 'holds');
    await reset();
  });

  it('cuts sessions off when the plan says after how long', async () => {
    await reset();
    await apply('weights', { backend: 'app', weights: routed });
    const slow = fetch(`${edge.url}/slow`).then(
      (response) => response.status,
      () => 'cut',
    );
    while (held.length === 0) await new Promise(setImmediate);
    const receipt = await apply('drain', {
      backend: 'app',
      servers: ['legacy'],
      'shut-after': '100ms',
    });
    assert.equal((receipt as { cut: number }).cut, 1);
    assert.notEqual(await slow, 200);
    release();
    await reset();
  });

  it('replaces a whole map in one moment, keeps the comments of its file, and brings all of it back', async () => {
    await resetMap();
    const wanted = {
      map: edge.mapFile,
      file: edge.mapFile,
      only: true,
      entries: { '/': 'a "quoted" va\\lue; with #signs' },
    };
    const before = await observe('map', wanted);
    assert.ok(before.type === 'differs');
    assert.equal(before.touches, 3);
    await apply('map', wanted);
    assert.equal(await mapNow(), '/ a "quoted" va\\lue; with #signs');
    assert.equal((await observe('map', wanted)).type, 'holds');
    assert.equal(
      readFileSync(edge.mapFile, 'utf8'),
      '# who goes where\n/ a "quoted" va\\lue; with #signs\n',
    );
    await edge.reload();
    assert.equal((await observe('map', wanted)).type, 'holds');
    await undo('map', wanted, { before: before.evidence, receipt: null });
    assert.equal(await mapNow(), '/pay app\n/old legacyonly');
  });

  it('measures requests, errors and shares over a window, and through a reload', async () => {
    await reset();
    await apply('weights', { backend: 'app', weights: { legacy: 100, ledger: 0 } });
    const system = await open();
    const read = async (query: object): Promise<Reading | undefined> => {
      const asked: unknown = await validated(haproxy.signal?.query ?? assert.fail(), query);
      const when = { type: 'at', at: Date.now() } as const;
      return (await haproxy.signal?.read(system.client as never, asked, when, readCall()))?.[0];
    };
    const queries = [
      { backend: 'app', measure: 'error-ratio' },
      { backend: 'app', server: 'legacy', measure: 'share' },
      { backend: 'app', server: 'ledger', measure: 'share' },
    ];
    for (const query of queries) assert.equal((await read(query))?.type, 'no-data');
    await edge.reload();
    for (const path of ['/a', '/b', '/c', '/broken']) await fetch(edge.url + path);
    const values = await Promise.all(queries.map(read));
    assert.deepEqual(
      values.map((reading) => (reading?.type === 'number' ? reading.value : reading)),
      [0.25, 1, 0],
    );
    await reset();
  });
});

/** How many lines are others than before. */
function differing(before: Json, after: Json): number {
  const [then, now] = [before, after].map((each) => (Array.isArray(each) ? each.map(String) : []));
  return now?.filter((line) => then?.includes(line) !== true).length ?? 0;
}

/** Relays the lines of a client to a real socket; may act before a line goes through, or cut answers off. */
async function startRelay(
  to: string,
  before: (line: string) => Promise<void>,
  answerMaxBytes = Infinity,
): Promise<{ address: string; close: () => void }> {
  const [host = '', port = ''] = to.split(':');
  const sockets = new Set<Socket>();
  const relay: Server = createServer((client) => {
    const upstream = createConnection({ host, port: Number(port) });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    let passed = 0;
    let order = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      order = inTurn(order, async () => {
        upstream.write(chunk);
        await before(chunk.toString());
      });
    });
    upstream.on('data', (chunk: Buffer) => {
      const room = answerMaxBytes - passed;
      passed += chunk.length;
      client.write(chunk.subarray(0, room));
      if (chunk.length > room) client.end();
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const address = relay.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    address: `127.0.0.1:${address.port}`,
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      relay.close();
    },
  };
}

async function inTurn(before: Promise<void>, work: () => Promise<void>): Promise<void> {
  await before;
  await work();
}
