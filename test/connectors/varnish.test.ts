// The varnish connector on a real Varnish: the contract, caches of the wrong side, and a child that does not run.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import type { AnyStateKind, Json, Observation, Reading } from '../../src/connector.ts';
import { varnish } from '../../src/connectors/varnish/varnish.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startVarnish } from '../servers/varnish.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

let side = 'legacy';
let fetched = 0;
const shop = await startHttpServer((_request, response) => {
  fetched += 1;
  response.writeHead(200, { 'x-side': side }).end(side);
});
const silent = await startSilentServer();
const nobody = await unusedPort();
const { server, skip } = await startedOrMissing('varnish', () => startVarnish(shop.port));
after(async () => {
  await server?.stop();
  await Promise.all([shop.close(), silent.close()]);
});

describe('varnish', { skip }, () => {
  const cache = server ?? assert.fail();
  const secrets = [cache.secret];
  const options = {
    cli: cache.cli,
    'secret-file': cache.secretFile,
    url: cache.url,
    workdir: cache.workdir,
  };
  const state = (name: string): AnyStateKind => varnish.states?.[name] ?? assert.fail();
  const open = (given: unknown = options) =>
    opened({ connector: varnish, options: () => given, secrets });
  const act = async (name: string, wanted: unknown, given?: unknown) => {
    const system = await open(given);
    const desired: unknown = await validated(state(name).desired, wanted);
    return {
      observe: (): Promise<Observation> => state(name).observe(system.client, desired, readCall()),
      apply: async (): Promise<Json> =>
        (await state(name).apply?.(system.client, desired, applyCall('r/s', 1))) ?? null,
      refuses: (work: Promise<unknown>, errorClass: string, says: RegExp): Promise<void> =>
        assert.rejects(
          work,
          (error) => system.hearsError(error, errorClass) && says.test(String(error)),
        ),
    };
  };
  const get = async (path: string): Promise<Response> =>
    fetch(cache.url + path, { headers: { connection: 'close' } });
  const paths = ['/a', '/b', '/c'];
  /** What was cached from the new side is still there when the old one is back. */
  const cacheLedger = async (): Promise<void> => {
    await cache.say('ban', 'req.url', '~', '.');
    side = 'ledger';
    await Promise.all(['/a', '/b'].map(get));
    side = 'legacy';
    await get('/c');
  };
  const sides = async (): Promise<Json> =>
    Promise.all(paths.map(async (path) => (await get(path)).headers.get('x-side')));
  const madeByLegacy = { paths, 'made-by': { header: 'X-Side', is: 'legacy' } };
  const expression = 'obj.http.x-side == ledger';
  /** A child that starts anew has an empty list. */
  const restart = async (): Promise<void> => {
    await cache.say('stop');
    await cache.say('start');
    side = 'ledger';
    await get('/a');
    side = 'legacy';
  };
  const bans = async (): Promise<Json> =>
    (await cache.say('ban.list')).split('\n').filter((line) => line.includes('x-side'));

  connectorSuite({
    connector: varnish,
    options: () => options,
    secrets,
    unreachable: () => ({
      ...options,
      cli: `127.0.0.1:${nobody}`,
      url: `http://127.0.0.1:${nobody}`,
    }),
    silent: () => ({ ...options, cli: `127.0.0.1:${silent.port}`, url: silent.url }),
    badOptions: [
      { value: { cli: '6082' }, path: 'cli' },
      { value: { url: 'ftp://x' }, path: 'url' },
    ],
    states: [
      {
        name: 'banned',
        desired: () => ({ expression }),
        disturb: restart,
        picture: bans,
        undoes: false,
        bad: [
          { value: { expression: 'obj.status' }, path: 'expression' },
          { value: { expression: 'obj.status == 200\nstop' }, path: 'expression' },
          { value: { expression: 'req.url ~ << end' }, path: 'expression' },
        ],
        failures: [
          {
            title: 'the expression is none',
            desired: { expression: 'nonsense ~ x' },
            class: 'refused',
            says: /Varnish says/,
          },
          {
            title: 'the secret is wrong',
            options: { ...options, 'secret-file': undefined, secret: 'another-secret' },
            desired: { expression },
            class: 'not-allowed',
            says: /does not take our secret/,
          },
          {
            title: 'there is no secret',
            options: { cli: cache.cli },
            desired: { expression },
            class: 'not-allowed',
            says: /Add secret-file/,
          },
          {
            title: 'the plan names no management interface',
            options: { url: cache.url },
            desired: { expression },
            class: 'refused',
            says: /Add cli/,
          },
        ],
      },
      {
        name: 'purged',
        desired: () => madeByLegacy,
        disturb: cacheLedger,
        picture: sides,
        undoes: false,
        changed: (before, after_) => {
          const [then, now] = [before, after_].map((each) => (Array.isArray(each) ? each : []));
          return now?.filter((each: Json, index) => each !== then?.[index]).length ?? 0;
        },
        bad: [
          { value: { paths: [] }, path: 'paths' },
          { value: { paths: ['a'] }, path: 'paths.0' },
          { value: { paths, host: 'a b' }, path: 'host' },
        ],
        failures: [
          {
            title: 'its VCL takes no PURGE there',
            desired: { paths: ['/closed'], 'made-by': { header: 'x-side', is: 'nobody' } },
            class: 'not-allowed',
            says: /Let its VCL take PURGE/,
          },
        ],
      },
    ],
    signals: [
      { title: 'objects are counted', query: { measure: 'objects' }, expect: 'number' },
      { title: 'the hits were seen once only', query: { measure: 'hit-rate' }, expect: 'no-data' },
      {
        title: 'there is no such Varnish on this machine',
        options: { ...options, workdir: '/no/such/folder' },
        query: { measure: 'objects' },
        expect: 'error',
        class: 'cannot-reach',
      },
    ],
  });

  it('no longer serves what is banned, and bans once within a while', async () => {
    await restart();
    assert.equal((await get('/a')).headers.get('x-side'), 'ledger');
    const { observe, apply } = await act('banned', { expression });
    assert.deepEqual((await observe()).type, 'differs');
    await apply();
    assert.equal((await get('/a')).headers.get('x-side'), 'legacy');
    assert.equal((await observe()).type, 'holds');
    assert.deepEqual(await apply(), { already: true });
  });

  it('does not take an old ban for one that is meant now', async () => {
    await restart();
    await (await act('banned', { expression })).apply();
    const { observe, apply } = await act('banned', { expression, within: '1ms' });
    const seen = await observe();
    assert.match(seen.type === 'differs' ? (seen.change ?? '') : '', /the last one is older/);
    assert.match(JSON.stringify(await apply()), /"at":/);
  });

  it('says that a Varnish whose child does not run serves nothing', async () => {
    await cache.say('stop');
    const { observe, refuses } = await act('banned', { expression });
    await refuses(observe(), 'cannot-reach', /child process does not run/);
    const system = await open();
    const answer = await varnish.probe?.(system.client as never, readCall());
    assert.equal(answer?.type === 'not-ready' && answer.class, 'cannot-reach');
    await cache.say('start');
  });

  it('knows what is no Varnish: a server of HTTP, and a management interface that is none', async () => {
    const system = await open({ url: shop.url });
    const answer = await varnish.probe?.(system.client as never, readCall());
    assert.equal(answer?.type === 'not-ready' && answer.class, 'target-mismatch');
    const other = createServer((socket) => void socket.end('220 mail.example.com ESMTP\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo; // a server on TCP has such an address
    const { observe, refuses } = await act('banned', { expression }, { cli: `127.0.0.1:${port}` });
    await refuses(observe(), 'target-mismatch', /no management interface/);
    await new Promise((resolve) => other.close(resolve));
  });

  it('takes an answer that was cut off for none at all', async () => {
    const other = createServer((socket) => void socket.end('200 500     \nhalf of it'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo; // a server on TCP has such an address
    const { observe, refuses } = await act('banned', { expression }, { cli: `127.0.0.1:${port}` });
    await refuses(observe(), 'cannot-reach', /in the middle of an answer/);
    await new Promise((resolve) => other.close(resolve));
  });

  it('leaves alone what is fresh, and purges what is old, when nothing tells who made it', async () => {
    await cacheLedger();
    const fresh = await act('purged', { paths });
    assert.equal((await fresh.observe()).type, 'holds');
    const strict = await act('purged', { paths, 'age-at-most': '1ms' });
    while ((await get('/a')).headers.get('age') === '0') await new Promise(setImmediate);
    const seen = await strict.observe();
    assert.match(
      seen.type === 'differs' ? (seen.change ?? '') : '',
      /purge \/a \(cached \d+ s ago\)/,
    );
    const before = fetched;
    await strict.apply();
    await get('/a');
    assert.ok(fetched > before);
  });

  it('measures the hit rate of a window, by which a cache is seen to warm up', async () => {
    await cacheLedger();
    const system = await open();
    const read = async (): Promise<Reading | undefined> => {
      const asked: unknown = await validated(varnish.signal?.query ?? assert.fail(), {
        measure: 'hit-rate',
      });
      const when = { type: 'at', at: Date.now() } as const;
      return (await varnish.signal?.read(system.client as never, asked, when, readCall()))?.[0];
    };
    assert.equal((await read())?.type, 'no-data');
    for (const path of ['/a', '/b', '/a', '/new']) await get(path);
    // The counters reach the place where they are read when the connection of the worker is done with.
    let reading = await read();
    while (reading?.type !== 'number' || reading.value === 1) reading = await read();
    assert.equal(reading.value, 0.75);
  });
});
