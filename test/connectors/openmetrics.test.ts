// The openmetrics connector on a page that changes: the contract, rates, and pages that cannot be trusted.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Reading } from '../../src/connector.ts';
import { openmetrics } from '../../src/connectors/openmetrics/openmetrics.ts';
import { connectorSuite } from '../../src/testing.ts';
import { opened, readCall, validated, type Opened } from '../../src/testing/contract-call.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const token = 'a-very-secret-token';
let page = '';
let type = 'text/plain; version=0.0.4';
let requests = 0;
const service = await startHttpServer((request, response) => {
  requests += 1;
  if (request.headers.authorization !== `Bearer ${token}`) response.statusCode = 401;
  response.setHeader('content-type', type);
  response.end(page);
});
const silent = await startSilentServer();
const nobody = `http://127.0.0.1:${await unusedPort()}/metrics`;
after(() => Promise.all([service.close(), silent.close()]));

const options = { url: `${service.url}/metrics`, token };
const show =
  (text: string, as = 'text/plain; version=0.0.4') =>
  async (): Promise<void> => {
    page = text;
    type = as;
  };

connectorSuite({
  connector: openmetrics,
  options: () => options,
  secrets: [token],
  unreachable: () => ({ ...options, url: nobody }),
  silent: () => ({ ...options, url: silent.url }),
  badOptions: [{ value: { url: 'metrics' }, path: 'url' }],
  signals: [
    {
      title: 'a gauge is there',
      arrange: show('queue{a="1"} 3\nqueue{a="2"} 4\n'),
      query: { metric: 'queue' },
      expect: 'number',
      value: 7,
    },
    {
      title: 'one of several gauges is meant',
      query: { metric: 'queue', labels: { a: { not: '1' } } },
      expect: 'number',
      value: 4,
    },
    {
      title: 'the largest is asked for',
      query: { metric: 'queue', take: 'max' },
      expect: 'number',
      value: 4,
    },
    { title: 'no such series is there', query: { metric: 'nothing' }, expect: 'no-data' },
    {
      title: 'the gauge is not a number',
      arrange: show('queue NaN\n'),
      query: { metric: 'queue' },
      expect: 'no-data',
    },
    {
      title: 'a counter is seen for the first time',
      arrange: show('x_total 50000\n'),
      query: { metric: 'x_total', rate: '30s' },
      expect: 'no-data',
    },
    {
      title: 'the page is HTML',
      arrange: show('<html>login</html>'),
      query: { metric: 'queue' },
      expect: 'error',
      class: 'refused',
    },
    {
      title: 'the page was cut off',
      arrange: show('queue 1\n', 'application/openmetrics-text; version=1.0.0'),
      query: { metric: 'queue' },
      expect: 'error',
      class: 'refused',
    },
    {
      title: 'the page is far too long',
      arrange: show('queue 1\n'.repeat(2_200_000)),
      query: { metric: 'queue' },
      expect: 'error',
      class: 'refused',
    },
    {
      title: 'the token is wrong',
      arrange: show('queue 1\n'),
      options: { ...options, token: 'wrong-token' },
      query: { metric: 'queue' },
      expect: 'error',
      class: 'not-allowed',
    },
    {
      title: 'nobody listens',
      options: { ...options, url: nobody },
      query: { metric: 'queue' },
      expect: 'error',
      class: 'cannot-reach',
    },
    {
      title: 'nobody answers',
      options: { ...options, url: silent.url, timeout: '100ms' },
      query: { metric: 'queue' },
      expect: 'error',
      class: 'timed-out',
    },
  ],
});

describe('openmetrics', () => {
  const kind = openmetrics.signal ?? assert.fail();
  const open = (): Promise<Opened> =>
    opened({ connector: openmetrics, options: () => options, secrets: [token] });
  const read = async (system: Opened, query: unknown, at: number): Promise<Reading> => {
    const asked: unknown = await validated(kind.query, query);
    const [reading] = await kind.read(
      system.client as never,
      asked,
      { type: 'at', at },
      readCall(),
    );
    return reading ?? assert.fail();
  };
  const number = (reading: Reading): number =>
    reading.type === 'number' ? reading.value : assert.fail(JSON.stringify(reading));

  it('tells the share of failed requests, and a share of nothing is no data', async () => {
    const system = await open();
    const query = {
      ratio: {
        of: { metric: 'requests_total', labels: { code: { matches: '5..' } } },
        to: { metric: 'requests_total' },
      },
      over: '1m',
    };
    const now = Date.now();
    await show('requests_total{code="200"} 100\n')();
    assert.equal((await read(system, query, now)).type, 'no-data');
    await show('requests_total{code="200"} 190\n')();
    assert.equal(number(await read(system, query, now + 1000)), 0);
    await show('requests_total{code="200"} 190\nrequests_total{code="500"} 2\n')();
    await read(system, query, now + 2000);
    await show('requests_total{code="200"} 270\nrequests_total{code="500"} 22\n')();
    assert.equal(number(await read(system, query, now + 3000)), 20 / 190);
    const still = await open();
    await read(still, query, now);
    assert.equal((await read(still, query, now + 1000)).type, 'no-data');
  });

  it('tells the quantile of what a histogram observed in the window', async () => {
    const system = await open();
    const query = { metric: 'latency_seconds', labels: { side: 'new' }, quantile: 0.5, over: '1m' };
    const histogram = (...counts: readonly number[]): string =>
      ['0.1', '0.5', '+Inf']
        .map((le, i) => `latency_seconds_bucket{side="new",le="${le}"} ${counts[i]}\n`)
        .join('');
    const now = Date.now();
    await show(histogram(1000, 1000, 1000))();
    assert.equal((await read(system, query, now)).type, 'no-data');
    assert.equal((await read(system, query, now + 1000)).type, 'no-data');
    await show(histogram(1000, 1100, 1100))();
    assert.ok(Math.abs(number(await read(system, query, now + 2000)) - 0.3) < 1e-9);
  });

  it('asks once for all signals of one instant, and again for the next', async () => {
    const system = await open();
    await show('queue 1\nx_total 1\n')();
    requests = 0;
    const now = Date.now();
    await Promise.all([
      read(system, { metric: 'queue' }, now),
      read(system, { metric: 'queue', take: 'max' }, now),
      read(system, { metric: 'x_total', rate: '30s' }, now),
    ]);
    assert.equal(requests, 1);
    await read(system, { metric: 'queue' }, now + 1000);
    assert.equal(requests, 2);
  });

  it('does not take the answer from the others when one caller goes', async () => {
    const system = await open();
    await show('queue 1\n')();
    const now = Date.now();
    const query: unknown = await validated(kind.query, { metric: 'queue' });
    const when = { type: 'at', at: now } as const;
    const [gone, stays] = await Promise.all([
      kind.read(system.client as never, query, when, readCall({ deadlineMs: 0 })),
      kind.read(system.client as never, query, when, readCall()),
    ]);
    assert.equal(gone[0]?.type, 'error');
    assert.equal(stays[0]?.type, 'number');
  });

  it('keeps the time that the page gives, so that a stale or hasty source is seen as such', async () => {
    const system = await open();
    const ahead = Date.now() + 90_000;
    await show(`queue 1 ${ahead}\n`)();
    assert.equal((await read(system, { metric: 'queue' }, Date.now())).at, ahead);
  });

  it('cannot tell of the past', async () => {
    const reading = await read(await open(), { metric: 'queue' }, Date.now() - 3_600_000);
    assert.equal(reading.type === 'error' && reading.class, 'refused');
  });

  it('refuses questions that make no sense, each where it is wrong', async () => {
    for (const query of [
      {},
      { metric: 'a', rate: '1m', take: 'max' },
      { metric: 'a', quantile: 0.5 },
      { metric: 'a', over: '1m' },
      { metric: 'a', labels: { b: { matches: '(' } } },
      { ratio: { of: { metric: 'a' }, to: { metric: 'b' } } },
    ]) {
      await assert.rejects(validated(kind.query, query), JSON.stringify(query));
    }
  });
});
