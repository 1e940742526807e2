// The prometheus connector on a real Prometheus: the contract, ranges, and answers that only a proxy would give.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Reading, When } from '../../src/connector.ts';
import { prometheus } from '../../src/connectors/prometheus/prometheus.ts';
import { connectorSuite } from '../../src/testing.ts';
import { opened, readCall } from '../../src/testing/contract-call.ts';
import { startServer } from '../servers/server.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const server = await startServer('prometheus');
const silent = await startSilentServer();
const nobody = `http://127.0.0.1:${await unusedPort()}`;
const token = 'a-very-secret-token';
const options = { url: server.url, token };

let answer: { status: number; body: string; headers?: Record<string, string> } = {
  status: 200,
  body: '',
};
const proxy = await startHttpServer((_request, response) => {
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
});
after(() => Promise.all([server.stop(), silent.close(), proxy.close()]));

const side = (name: string, value: string): string =>
  `label_replace(${value}, "side", "${name}", "", "")`;
const two = `${side('new', 'vector(1)')} or ${side('legacy', 'vector(2)')}`;
const saying = (status: number, body: unknown) => async (): Promise<void> => {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
};
const behindProxy = { ...options, url: proxy.url };

describe('prometheus', { skip: server.skip }, () => {
  connectorSuite({
    connector: prometheus,
    options: () => options,
    secrets: [token],
    unreachable: () => ({ ...options, url: nobody }),
    silent: () => ({ ...options, url: silent.url }),
    badOptions: [{ value: { url: 'prometheus:9090' }, path: 'url' }],
    signals: [
      {
        title: 'the query gives one series',
        query: { query: 'vector(2.5)' },
        expect: 'number',
        value: 2.5,
      },
      { title: 'the query gives a scalar', query: { query: '1 + 1' }, expect: 'number', value: 2 },
      { title: 'the query gives no series', query: { query: 'no_such_metric' }, expect: 'no-data' },
      {
        title: 'the query divides nothing by nothing',
        query: { query: 'vector(0) / vector(0)' },
        expect: 'no-data',
      },
      {
        title: 'the query gives infinity',
        query: { query: 'vector(-1) / vector(0)' },
        expect: 'no-data',
      },
      {
        title: 'the query gives two series',
        query: { query: two },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'the query gives a range',
        query: { query: 'up[1m]' },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'the query gives a text',
        query: { query: '"x"' },
        expect: 'error',
        class: 'refused',
      },
      { title: 'the query is wrong', query: { query: 'sum(' }, expect: 'error', class: 'refused' },
      {
        title: 'nobody listens',
        options: { url: nobody },
        query: { query: '1' },
        expect: 'error',
        class: 'cannot-reach',
      },
      {
        title: 'nobody answers',
        options: { url: silent.url, timeout: '100ms' },
        query: { query: '1' },
        expect: 'error',
        class: 'timed-out',
      },
      {
        title: 'the query takes the server too long',
        options: behindProxy,
        arrange: saying(503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
        query: { query: '1' },
        expect: 'error',
        class: 'timed-out',
      },
      {
        title: 'a proxy has lost the server',
        options: behindProxy,
        arrange: saying(502, '<html>Bad gateway</html>'),
        query: { query: '1' },
        expect: 'error',
        class: 'cannot-reach',
      },
      {
        title: 'a proxy wants to know who we are',
        options: behindProxy,
        arrange: saying(401, `no ${token}`),
        query: { query: '1' },
        expect: 'error',
        class: 'not-allowed',
      },
      {
        title: 'it is a login page that answers',
        options: behindProxy,
        arrange: saying(200, '<html>Sign in</html>'),
        query: { query: '1' },
        expect: 'error',
        class: 'refused',
      },
    ],
  });

  const read = async (
    query: string,
    when: When,
    given: unknown = options,
  ): Promise<readonly Reading[]> => {
    const system = await opened({ connector: prometheus, options: () => given, secrets: [token] });
    const readings = await prometheus.signal!.read(
      system.client as never,
      { query },
      when,
      readCall(),
    );
    system.hears(...readings);
    return readings;
  };
  const now = Math.floor(Date.now() / 1000) * 1000;

  it('asks for the instant that is meant and for no other', async () => {
    for (const at of [now, now - 86_400_000, now - 1234]) {
      const [reading] = await read('time()', { type: 'at', at });
      assert.ok(reading?.type === 'number');
      assert.deepEqual([reading.value, reading.at], [at / 1000, at]);
    }
  });

  it('names both series when there is more than one, and says how to mend it', async () => {
    const [reading] = await read(two, { type: 'at', at: now });
    assert.ok(reading?.type === 'error');
    assert.match(reading.because, /2 series .*\{side="new"\} and \{side="legacy"\}.*sum\(/);
  });

  it('reads a range longer than Prometheus gives at once, each instant once', async () => {
    const when = { type: 'range', from: now - 25_000 * 1000, to: now, stepMs: 1000 } as const;
    const readings = await read('time()', when);
    assert.equal(readings.length, 25_001);
    assert.ok(
      readings.every(
        (reading, index) =>
          reading.type === 'number' &&
          reading.at === when.from + index * 1000 &&
          reading.value === reading.at / 1000,
      ),
    );
  });

  it('gives for a range what it gives for each of its instants: gaps, NaN and doubles too', async () => {
    const late = `${side('legacy', 'vector(1)')} and on() (vector(time()) % 40 >= 30)`;
    const query = `(${side('new', 'vector(time() % 7)')} / (vector(time()) % 3)) and on() (vector(time()) % 20 < 15) or ${late}`;
    const from = now - 200_000;
    const readings = await read(query, { type: 'range', from, to: now, stepMs: 5000 });
    const kinds = new Set<string>();
    for (const reading of readings) {
      const [alone] = await read(query, { type: 'at', at: reading.at });
      kinds.add(reading.type);
      assert.equal(reading.type, alone?.type);
      if (reading.type === 'number')
        assert.equal(reading.value, alone?.type === 'number' && alone.value);
    }
    assert.equal(readings.length, 41);
    assert.ok(kinds.has('number') && kinds.has('no-data'), [...kinds].join(' '));
  });

  it('says for every instant of a range that it could not be measured', async () => {
    const when = { type: 'range', from: now - 10_000, to: now, stepMs: 1000 } as const;
    const readings = await read('1', when, { ...options, url: nobody });
    assert.equal(readings.length, 11);
    assert.ok(readings.every(({ type }) => type === 'error'));
  });

  it('shows what the server warns of, and that its clock is ahead', async () => {
    const data = { resultType: 'scalar', result: [now / 1000, '1'] };
    answer = {
      status: 200,
      body: JSON.stringify({ status: 'success', data, warnings: ['partial response'] }),
      headers: { date: new Date(Date.now() + 90_000).toUTCString() },
    };
    const [reading] = await read('1', { type: 'at', at: now }, behindProxy);
    assert.ok(reading?.type === 'number');
    const text = JSON.stringify(reading.evidence);
    assert.match(text, /partial response/);
    assert.match(text, /"clockAheadMs":(8[89]|9[01])000/);
  });
});
