// The http connector: the contract, and probes and answers that try to do it harm.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Json, Reading } from '../../src/connector.ts';
import { http } from '../../src/connectors/http/http.ts';
import { connectorSuite } from '../../src/testing.ts';
import { opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const token = 'a-very-secret-token';
let weights: Json = { legacy: 100, ledger: 0 };
let version = 1;
const keys: unknown[] = [];
let streamed = 0;

const shop = await startHttpServer((request, response, body) => {
  const say = (status: number, value: Json, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
  if (request.url === '/big') {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const pump = (): void => {
      if (response.destroyed || streamed >= 2e9) return void response.end();
      streamed += piece.length;
      if (response.write(piece)) setImmediate(pump);
      else response.once('drain', pump);
    };
    return pump();
  }
  if (request.url === '/moved') return say(302, {}, { location: '/whoami' });
  if (request.url === '/silent') return;
  if (request.url === '/hangs-up') return void response.destroy();
  if (request.headers.authorization !== `Bearer ${token}`)
    return say(401, { error: 'who are you' });
  if (request.url === '/whoami') return say(200, { service: 'ledger', environment: 'staging' });
  if (request.url === '/login') return say(200, { token: 'session-1', echo: token });
  if (request.url === '/account/session-1') return say(200, { balance: 5, echo: token });
  if (request.url === '/broken') return say(503, {});
  if (request.url !== '/weights') return say(404, {});
  if (request.method === 'PUT') {
    keys.push(request.headers['idempotency-key']);
    const expected = request.headers['if-match'];
    if (expected !== undefined && expected !== `"${version}"`) return say(412, {});
    if (body.includes('evil')) return say(400, { error: 'no such backend' });
    weights = JSON.parse(body) as Json; // the tests send JSON
    version += 1;
  }
  return say(200, weights, { etag: `"${version}"` });
});
const silent = await startSilentServer();
const nobody = `http://127.0.0.1:${await unusedPort()}`;
after(() => Promise.all([shop.close(), silent.close()]));

const options = {
  url: shop.url,
  token,
  identity: { get: '/whoami', environment: '/environment', id: '/service' },
};
const routed = { get: '/weights', expect: { json: { '/ledger': 0 } } };
const apply = { put: '/weights', json: { legacy: 100, ledger: 0 } };

connectorSuite({
  connector: http,
  options: () => options,
  secrets: [token],
  unreachable: () => ({ ...options, url: nobody }),
  silent: () => ({ ...options, url: silent.url }),
  badOptions: [
    { value: { ...options, url: 'ftp://x' }, path: 'url' },
    { value: { ...options, timeout: '5 minutes' }, path: 'timeout' },
  ],
  states: [
    {
      name: 'holds',
      desired: () => ({
        observe: { ...routed, capture: { legacy: '/legacy', ledger: '/ledger' } },
        apply,
        undo: { put: '/weights', json: { legacy: '{{legacy}}', ledger: '{{ledger}}' } },
        etag: true,
      }),
      disturb: async () => void (weights = { legacy: 10, ledger: 90 }),
      picture: async () => weights,
      undoes: true,
      bad: [
        { value: { observe: routed, apply: { put: 'weights' } }, path: 'apply.put' },
        { value: { observe: { get: '/a', post: '/b' } }, path: 'observe' },
        {
          value: { observe: { get: '/a', expect: { json: { a: 1 } } } },
          path: 'observe.expect.json.a',
        },
      ],
      failures: [
        {
          title: 'the token is wrong',
          options: { ...options, token: 'wrong-token' },
          desired: { observe: routed, apply },
          class: 'not-allowed',
        },
        {
          title: 'the system says no',
          desired: { observe: routed, apply: { put: '/weights', json: { evil: 1 } } },
          class: 'refused',
          says: /status is 400/,
        },
        {
          title: 'the system is overloaded',
          desired: { observe: routed, apply: { put: '/broken' } },
          class: 'cannot-reach',
        },
        {
          title: 'the system hangs up',
          desired: { observe: routed, apply: { put: '/hangs-up' } },
          class: 'cannot-reach',
        },
        {
          title: 'the plan has no apply request',
          desired: { observe: routed },
          class: 'refused',
          says: /Add apply/,
        },
      ],
    },
  ],
  signals: [
    { title: 'all is well', query: { probe: { get: '/whoami' } }, expect: 'number', value: 1 },
    {
      title: 'several requests build on each other',
      query: {
        probe: {
          steps: [
            { post: '/login', json: { user: 'ada' }, capture: { session: '/token' } },
            { get: '/account/{{session}}', expect: { json: { '/balance': 5 } } },
          ],
        },
      },
      expect: 'number',
      value: 1,
    },
    {
      title: 'an answer is not as expected',
      query: { probe: { get: '/account/session-1', expect: { json: { '/balance': 6 } } } },
      expect: 'number',
      value: 0,
    },
    {
      title: 'the probed system refuses the connection',
      options: { ...options, url: nobody },
      query: { probe: { get: '/whoami' } },
      expect: 'number',
      value: 0,
    },
    {
      title: 'the probed system never answers',
      query: { probe: { get: '/silent', expect: { within: '100ms' } } },
      expect: 'number',
      value: 0,
    },
    {
      title: 'our own resolver does not know the name',
      options: { ...options, url: 'http://no-such-host.invalid' },
      query: { probe: { get: '/whoami' } },
      expect: 'error',
      class: 'cannot-reach',
    },
    {
      title: 'a value was never captured',
      query: { probe: { get: '/account/{{session}}' } },
      expect: 'error',
      class: 'refused',
    },
    {
      title: 'two gigabytes come that must be judged',
      query: { probe: { get: '/big', expect: { 'body-contains': 'y' } } },
      expect: 'error',
      class: 'refused',
    },
  ],
});

describe('http', () => {
  const read = async (probe: unknown, given: unknown = options): Promise<Reading | undefined> => {
    const system = await opened({ connector: http, options: () => given, secrets: [token] });
    const query: unknown = await validated(http.signal?.query ?? assert.fail(), { probe });
    const [reading] = await http.signal!.read(
      system.client as never,
      query,
      { type: 'at', at: Date.now() },
      readCall({ deadlineMs: 2000 }),
    );
    return reading;
  };

  it('cuts off a huge answer instead of keeping it', async () => {
    streamed = 0;
    await read({ get: '/big', expect: { 'body-contains': 'y' } });
    assert.ok(streamed < 64e6, `${streamed} bytes were taken`);
  });

  it('hangs up after the headers when the body does not matter', async () => {
    streamed = 0;
    const reading = await read({ get: '/big' });
    assert.equal(reading?.type === 'number' && reading.value, 1);
    assert.ok(streamed < 64e6, `${streamed} bytes were taken`);
  });

  it('follows no redirect: the answer that was asked for is judged', async () => {
    const reading = await read({ get: '/moved' });
    assert.deepEqual(reading?.type === 'number' && reading.value, 0);
    assert.equal((await read({ get: '/moved', expect: { status: 302 } }))?.type, 'number');
  });

  it('says which step failed and why', async () => {
    const reading = await read({
      steps: [{ get: '/whoami' }, { get: '/broken' }, { get: '/whoami' }],
    });
    assert.ok(reading?.type === 'number');
    assert.match(
      JSON.stringify(reading.evidence),
      /GET \/broken: status is 503 instead of \\"2xx\\"/,
    );
    assert.doesNotMatch(JSON.stringify(reading.evidence), /"GET \/whoami".*"GET \/whoami"/);
  });

  it('sees a silent system as failing even when the caller has less patience than the probe', async () => {
    const reading = await read({ get: '/silent' });
    assert.equal(reading?.type === 'number' && reading.value, 0);
  });

  it('says who answers, for the engine to assert', async () => {
    const system = await opened({ connector: http, options: () => options, secrets: [token] });
    const identity = await http.identify!(system.client as never, readCall());
    assert.equal(identity.environment, 'staging');
    assert.equal(identity.id, 'ledger');
  });

  it('is not who the plan means when the answer lacks what the plan says where to find', async () => {
    const identity = { get: '/whoami', environment: '/env' };
    const system = await opened(
      { connector: http, options: () => options, secrets: [token] },
      { ...options, identity },
    );
    await assert.rejects(http.identify!(system.client as never, readCall()), (error) =>
      system.hearsError(error, 'target-mismatch'),
    );
  });

  it('hands the same idempotency key to the system at every attempt', () => {
    assert.ok(keys.filter((key) => key === 'run-1/step').length >= 2);
  });
});
