// The redis connector on a real server: the contract, and replicas, clusters, limits, races and bytes.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@redis/client';
import type { AnyStateKind, Json, Observation, Reading } from '../../src/connector.ts';
import { redis } from '../../src/connectors/redis/redis.ts';
import { connectorSuite } from '../../src/testing.ts';
import {
  applyCall,
  opened,
  readCall,
  validated,
  type Opened,
} from '../../src/testing/contract-call.ts';
import { makeCertificate } from '../servers/certificate.ts';
import { freePort, temporaryFolder } from '../servers/process.ts';
import { redisPassword, startRedis } from '../servers/redis.ts';
import { startServer } from '../servers/server.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const server = await startServer('redis');
const silent = await startSilentServer();
const nobody = await unusedPort();
const admin = createClient({ url: server.skip === false ? server.url : 'redis://127.0.0.1:9' });
const options = { url: server.url, 'environment-key': 'environment' };
const elsewhere = (port: number): { url: string } => ({
  url: `redis://default:${redisPassword}@127.0.0.1:${port}/0`,
});
const as = (user: string, password: string): { url: string } => ({
  url: server.url.replace(`default:${redisPassword}`, `${user}:${password}`),
});

describe('redis', { skip: server.skip }, () => {
  before(async () => {
    await admin.connect();
    await admin.set('environment', 'staging');
    await admin.sendCommand(['LPUSH', 'a-list', 'a', 'b']);
    await admin.sendCommand(
      'ACL SETUSER limited on >limited-password ~session:* +@read +info'.split(' '),
    );
  });
  after(async () => {
    admin.destroy();
    await Promise.all([server.stop(), silent.close()]);
  });

  const fill = async (prefix: string, count: number): Promise<void> => {
    for (let from = 0; from < count; from += 1000) {
      const pairs = Array.from({ length: Math.min(1000, count - from) }, (_, index) => [
        `${prefix}${from + index}`,
        'x',
      ]).flat();
      await admin.sendCommand(['MSET', ...pairs]);
    }
  };
  const pictureOf = async (...keys: readonly string[]): Promise<Json> => {
    const all = (await admin.keys('*')).filter((key) => keys.some((each) => key.startsWith(each)));
    return Promise.all(
      all.toSorted().map(async (key) => {
        const type = await admin.type(key);
        const value = type === 'hash' ? { ...(await admin.hGetAll(key)) } : await admin.get(key);
        return { key, value, expires: (await admin.pTTL(key)) >= 0 };
      }),
    );
  };

  /** How many keys are there in one picture and not the same in the other. */
  const changed = (one: Json, other: Json): number => {
    const listed = (picture: Json): readonly string[] =>
      Array.isArray(picture) ? picture.map((each) => JSON.stringify(each)) : [];
    const after = new Set(listed(other));
    return listed(one).filter((each) => !after.has(each)).length;
  };

  connectorSuite({
    connector: redis,
    options: () => options,
    secrets: [redisPassword, 'limited-password'],
    unreachable: () => elsewhere(nobody),
    silent: () => elsewhere(silent.port),
    forbidden: () => as('default', 'wrong-password'),
    badOptions: [
      { value: { url: 'http://x' }, path: 'url' },
      { value: { url: 'redis://x/shop' }, path: 'url' },
      { value: { ...options, database: 1 }, path: '' },
    ],
    states: [
      {
        name: 'cleared',
        desired: () => ({ pattern: 'session:*' }),
        disturb: async () => {
          await fill('session:', 1200);
          await admin.set('sessions', 'not one of them');
        },
        picture: () => pictureOf('session'),
        changed,
        undoes: false,
        bad: [
          { value: { pattern: '*' }, path: '' },
          { value: { pattern: '?*', 'per-second': 5 }, path: '' },
          { value: { pattern: '[a-z]*' }, path: '' },
          { value: { pattern: 'a*', 'at-most': 0 }, path: 'at-most' },
        ],
        failures: [
          {
            title: 'more keys match than the limit allows',
            desired: { pattern: 'session:*', 'at-most': 1199 },
            class: 'refused',
            says: /more than 1199 keys match. Nothing was touched/,
          },
          {
            title: 'all keys are meant and there are more than the limit allows',
            desired: { pattern: '*', 'at-most': 10 },
            class: 'refused',
          },
          {
            title: 'the password is wrong',
            options: as('default', 'wrong-password'),
            desired: { pattern: 'session:*' },
            class: 'not-allowed',
            says: /Check the user and password/,
          },
          {
            title: 'the user may read only',
            options: as('limited', 'limited-password'),
            desired: { pattern: 'session:*' },
            class: 'not-allowed',
            says: /ACL SETUSER/,
          },
          {
            title: 'there is no such database',
            options: { url: server.url.replace(/0$/, '99') },
            desired: { pattern: 'session:*' },
            class: 'target-mismatch',
          },
        ],
      },
      {
        name: 'value',
        desired: () => ({ key: 'config:writes', value: 'off' }),
        disturb: async () =>
          void (await admin.set('config:writes', 'on', { expiration: { type: 'EX', value: 900 } })),
        picture: () => pictureOf('config:'),
        changed,
        undoes: true,
        bad: [
          { value: { key: 'a' }, path: 'value' },
          { value: { key: 'a', value: null, ttl: '5s' }, path: '' },
          { value: { key: 'a', field: 'b', value: 'c', ttl: '5s' }, path: '' },
        ],
        failures: [
          {
            title: 'the key holds a list',
            desired: { key: 'a-list', value: 'off' },
            class: 'refused',
            says: /holds a list, not a string/,
          },
          {
            title: 'the user may not touch this key',
            options: as('limited', 'limited-password'),
            desired: { key: 'config:writes', value: 'off' },
            class: 'not-allowed',
          },
        ],
      },
      {
        name: 'value',
        desired: () => ({ key: 'config:flags', field: 'writes', value: null }),
        disturb: async () => void (await admin.hSet('config:flags', { writes: '1', reads: '1' })),
        picture: () => pictureOf('config:'),
        changed,
        undoes: true,
        bad: [],
      },
    ],
    signals: [
      {
        title: 'a list has a length',
        query: { command: ['LLEN', 'a-list'] },
        expect: 'number',
        value: 2,
      },
      { title: 'INFO has the field', query: { info: 'used_memory' }, expect: 'number' },
      { title: 'there is no such key', query: { command: ['GET', 'none'] }, expect: 'no-data' },
      {
        title: 'a counter was seen once only',
        query: { info: 'total_commands_processed', rate: '1m' },
        expect: 'no-data',
      },
      { title: 'the hit rate was seen once only', query: { 'hit-rate': '1m' }, expect: 'no-data' },
      {
        title: 'the field is a text',
        query: { info: 'role' },
        expect: 'error',
        class: 'refused',
      },
      { title: 'there is no such field', query: { info: 'nonsense' }, expect: 'error' },
      {
        title: 'the command writes',
        query: { command: ['INCR', 'counter'] },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'the command writes, and is spelled with a subcommand',
        query: { command: ['CONFIG', 'SET', 'save', ''] },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'the command would hold up all others',
        query: { command: ['KEYS', '*'] },
        expect: 'error',
        class: 'refused',
      },
      { title: 'there is no such command', query: { command: ['NOPE'] }, expect: 'error' },
      {
        title: 'nobody listens',
        options: elsewhere(nobody),
        query: { info: 'used_memory' },
        expect: 'error',
        class: 'cannot-reach',
      },
      {
        title: 'nobody answers for longer than a connection may take',
        options: { ...elsewhere(silent.port), 'connect-timeout': '100ms' },
        query: { info: 'used_memory' },
        expect: 'error',
        class: 'cannot-reach',
      },
    ],
  });

  const secrets = [redisPassword, 'limited-password'];
  const open = (given: unknown = options): Promise<Opened> =>
    opened({ connector: redis, options: () => options, secrets }, given);
  const cleared: AnyStateKind = redis.states?.['cleared'] ?? assert.fail();
  const value: AnyStateKind = redis.states?.['value'] ?? assert.fail();
  const observe = async (
    kind: AnyStateKind,
    wanted: object,
    given: unknown = options,
  ): Promise<Observation> => {
    const system = await open(given);
    return kind.observe(system.client, await validated(kind.desired, wanted), readCall());
  };
  const apply = async (
    kind: AnyStateKind,
    wanted: object,
    given: unknown = options,
    limits = {},
  ): Promise<Json> => {
    const system = await open(given);
    const desired: unknown = await validated(kind.desired, wanted);
    return (await kind.apply?.(system.client, desired, applyCall('run-1/step', 1, limits))) ?? null;
  };
  const undo = async (wanted: object, before: Json): Promise<Json> => {
    const system = await open();
    const desired: unknown = await validated(value.desired, wanted);
    const kept = { before, receipt: null };
    return (await value.undo?.(system.client, desired, kept, applyCall('run-1/undo', 1))) ?? null;
  };
  const evidenceOf = (seen: Observation): Json => ('evidence' in seen ? seen.evidence : null);

  it('says which environment, role and version it is, and refuses to guess', async () => {
    const identity = await redis.identify!((await open()).client as never, readCall());
    assert.equal(identity.environment, 'staging');
    assert.equal(identity.role, 'primary');
    const wrong = await open({ ...options, 'environment-key': 'no-such' });
    await assert.rejects(redis.identify!(wrong.client as never, readCall()), {
      class: 'target-mismatch',
    });
  });

  it('counts what it would touch, and shows enough of a key to know it and too little to use it', async () => {
    await admin.flushDb();
    await admin.set('environment', 'staging');
    await admin.set('session:0123456789abcdef0123456789abcdef', 'x');
    const seen = await observe(cleared, { pattern: 'session:*' });
    assert.ok(seen.type === 'differs');
    assert.equal(seen.touches, 1);
    assert.equal(seen.change, '1 key like session:* -> 0');
    assert.match(JSON.stringify(seen.evidence), /session:0123456789ab…/);
    const all = await observe(cleared, { pattern: '*', 'at-most': 10 });
    assert.equal(all.type === 'differs' && all.touches, 2);
  });

  it('clears keys of any bytes, and only those that match', async () => {
    const key = Buffer.concat([Buffer.from('blob:'), Buffer.from([0, 255, 10, 13, 36])]);
    await admin.sendCommand(['SET', key, Buffer.from([0, 1, 2])]);
    await admin.set('blob', 'stays');
    const seen = await observe(cleared, { pattern: 'blob:*' });
    assert.match(JSON.stringify(evidenceOf(seen)), /blob:\\\\x00\\\\xff/);
    assert.deepEqual(await apply(cleared, { pattern: 'blob:*' }), { unlinked: 1 });
    assert.equal(await admin.get('blob'), 'stays');
    await admin.set('odd*key', 'x');
    assert.deepEqual(await apply(cleared, { pattern: String.raw`odd\*key` }), { unlinked: 1 });
  });

  it('never unlinks faster than it may, and a cancel ends it between two batches', async () => {
    await fill('slow:', 3000);
    const controller = new AbortController();
    const system = await open();
    const desired: unknown = await validated(cleared.desired, {
      pattern: 'slow:*',
      'per-second': 10,
    });
    const call = {
      ...applyCall('run-1/step', 1, { deadlineMs: 60_000 }),
      signal: controller.signal,
    };
    const clearing = assert.rejects(async () => cleared.apply?.(system.client, desired, call), {
      class: 'cancelled',
    });
    const left = async (): Promise<number> => (await admin.keys('slow:*')).length;
    while ((await left()) === 3000) await new Promise(setImmediate);
    controller.abort();
    await clearing;
    const rest = await left();
    assert.ok(rest > 2000, 'a thousand keys at ten a second last more than a minute');
    assert.deepEqual(await apply(cleared, { pattern: 'slow:*' }), { unlinked: rest });
  });

  it('holds its limit against keys that are written while it clears', async () => {
    await fill('grow:', 3000);
    const system = await open();
    const desired: unknown = await validated(cleared.desired, {
      pattern: 'grow:*',
      'at-most': 3500,
      'per-second': 1000,
    });
    const call = applyCall('run-1/step', 1, { deadlineMs: 60_000 });
    const clearing = cleared.apply?.(system.client, desired, call) ?? assert.fail();
    const left = async (): Promise<number> => (await admin.keys('grow:*')).length;
    const first = await Promise.race([
      clearing.then(() => assert.fail('3000 keys at 1000 a second last longer')),
      (async () => {
        while ((await left()) === 3000) await new Promise(setImmediate);
        await fill('grow:new:', 20_000);
      })(),
    ]);
    assert.equal(first, undefined);
    await assert.rejects(clearing, /more than 3500 keys match. \d+ of them are unlinked/);
    assert.ok((await left()) >= 19_000);
    await admin.flushDb();
    await admin.set('environment', 'staging');
  });

  it('sees that a value will expire, and brings its end back with it', async () => {
    await admin.set('mode', 'new', { expiration: { type: 'EX', value: 600 } });
    const wanted = { key: 'mode', value: 'new' };
    const seen = await observe(value, wanted);
    assert.match(seen.type === 'differs' ? (seen.change ?? '') : '', /"new" until .* -> "new"/);
    await apply(value, wanted);
    assert.equal(await admin.ttl('mode'), -1);
    assert.equal((await observe(value, wanted)).type, 'holds');
    await undo(wanted, evidenceOf(seen));
    const left = await admin.ttl('mode');
    assert.ok(left > 500 && left <= 600, String(left));
  });

  it('brings back any bytes from what was observed, when the receipt was lost', async () => {
    const bytes = Buffer.from([255, 0, 128, 10]);
    await admin.sendCommand(['SET', 'blob', bytes]);
    const wanted = { key: 'blob', value: 'text', ttl: '1h' };
    const seen = await observe(value, wanted);
    await apply(value, wanted);
    await undo(wanted, evidenceOf(seen));
    const kept = await admin.sendCommand(['STRLEN', 'blob']);
    assert.equal(kept, 4);
    assert.equal((await observe(value, { key: 'blob', value: 'x' })).type, 'differs');
    assert.deepEqual(evidenceOf(await observe(value, { key: 'blob', value: 'x' })), {
      base64: bytes.toString('base64'),
    });
  });

  it('undoes nothing over somebody else’s change, and nothing that was too long to keep', async () => {
    await admin.set('mode', 'old');
    const wanted = { key: 'mode', value: 'new' };
    const seen = await observe(value, wanted);
    await apply(value, wanted);
    await admin.set('mode', 'third');
    await assert.rejects(undo(wanted, evidenceOf(seen)), /somebody has changed it since/);
    await admin.set('mode', 'x'.repeat(5000));
    const long = await observe(value, wanted);
    assert.ok(JSON.stringify(long).length < 1000);
    await apply(value, wanted);
    await assert.rejects(undo(wanted, evidenceOf(long)), /too long to keep/);
  });

  it('leaves what had expired by then expired', async () => {
    const wanted = { key: 'gone', value: 'new' };
    await admin.set('gone', 'new');
    await undo(wanted, { value: 'old', expiresAt: 1000 });
    assert.equal(await admin.get('gone'), null);
  });

  it('reads the hit rate over a window, and no rate from before it looked', async () => {
    const system = await open();
    const read = async (at: number): Promise<Reading> => {
      const asked: unknown = await validated(redis.signal?.query ?? assert.fail(), {
        'hit-rate': '1m',
      });
      const when = { type: 'at', at } as const;
      const [reading] = await redis.signal!.read(system.client as never, asked, when, readCall());
      return reading ?? assert.fail();
    };
    const now = Date.now();
    assert.equal((await read(now - 2000)).type, 'no-data');
    assert.equal((await read(now - 1000)).type, 'no-data');
    await Promise.all([
      ...Array.from({ length: 3 }, () => admin.get('environment')),
      admin.get('none'),
    ]);
    const reading = await read(now);
    assert.equal(reading.type === 'number' && reading.value, 0.75);
  });

  it('lets only four of its calls in at once, however many ask', async () => {
    const system = await open();
    const asked: unknown = await validated(redis.signal?.query ?? assert.fail(), {
      info: 'connected_clients',
    });
    const when = { type: 'at', at: Date.now() } as const;
    const readings = await Promise.all(
      Array.from({ length: 40 }, () =>
        redis.signal!.read(system.client as never, asked, when, readCall()),
      ),
    );
    const most = Math.max(...readings.map(([each]) => (each?.type === 'number' ? each.value : 99)));
    assert.ok(most <= 4 + 1 + 3, `${most} clients at once, one of them ours to arrange`);
  });

  it('takes a replica for no place to see or bring about a state', async () => {
    const { port } = new URL(server.url);
    const replica = await startRedis([
      ['replicaof', '127.0.0.1', port],
      ['replica-read-only', 'no'],
    ]);
    try {
      const given = { url: replica.url };
      const identity = await redis.identify!((await open(given)).client as never, readCall());
      assert.equal(identity.role, 'replica');
      const mismatch = { class: 'target-mismatch' };
      await assert.rejects(observe(cleared, { pattern: 'session:*' }, given), mismatch);
      await assert.rejects(apply(value, { key: 'mode', value: 'x' }, given), mismatch);
    } finally {
      await replica.stop();
    }
  });

  it('knows that one node of a cluster sees only its own keys', async () => {
    const node = await startRedis([['cluster-enabled', 'yes']]);
    try {
      const given = { url: node.url };
      const identity = await redis.identify!((await open(given)).client as never, readCall());
      assert.match(identity.id ?? '', /^[0-9a-f]{40}$/);
      await assert.rejects(
        observe(cleared, { pattern: 'session:*' }, given),
        /one node of a cluster/,
      );
      // No slots are served yet, so every key is out of reach.
      await assert.rejects(observe(value, { key: 'mode', value: 'x' }, given), {
        class: 'cannot-reach',
      });
    } finally {
      await node.stop();
    }
  });

  it('proves by its certificate that a server is the one that is meant', async () => {
    const folder = temporaryFolder('redis-tls');
    const { certificate, key } = await makeCertificate(folder);
    const port = await freePort();
    const tls = await startRedis([
      ['tls-port', String(port)],
      ['tls-cert-file', certificate],
      ['tls-key-file', key],
      ['tls-auth-clients', 'no'],
    ]);
    try {
      const url = elsewhere(port).url.replace('redis:', 'rediss:');
      const wanted = { key: 'mode', value: 'x' };
      const trusted = { url, 'tls-ca': certificate };
      assert.deepEqual(await apply(value, wanted, trusted), { already: false, value: null });
      await assert.rejects(observe(value, wanted, { url }), { class: 'target-mismatch' });
      const plain = { ...elsewhere(port), 'connect-timeout': '2s' };
      await assert.rejects(observe(value, wanted, plain), { class: 'cannot-reach' });
    } finally {
      await tls.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says that the connection was lost when the server is gone in the middle of clearing', async () => {
    const other = await startRedis();
    const eye = createClient({ url: other.url });
    eye.on('error', () => undefined);
    await eye.connect();
    await eye.sendCommand([
      'EVAL',
      `for i = 1, 3000 do redis.call('SET', 'k:' .. i, 'x') end`,
      '0',
    ]);
    const limits = { deadlineMs: 60_000 };
    const wanted = { pattern: 'k:*', 'per-second': 100 };
    const clearing = assert.rejects(apply(cleared, wanted, { url: other.url }, limits), {
      class: 'cannot-reach',
      message: /connection was lost|closed unexpectedly/,
    });
    while ((await eye.dbSize()) === 3000) await new Promise(setImmediate);
    await other.stop();
    await clearing;
    if (eye.isOpen) eye.destroy();
  });

  it('says what a full server says, and keeps what was there', async () => {
    const full = await startRedis([['maxmemory', '1']]);
    try {
      await assert.rejects(apply(value, { key: 'mode', value: 'x' }, { url: full.url }), {
        class: 'refused',
        message: /make room/,
      });
    } finally {
      await full.stop();
    }
  });
});
