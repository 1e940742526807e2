// The state http/warm: the contract, and systems that are cold, small, broken, or were warm too long ago.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type AnyStateKind, ConnectorError, type Json } from '../../src/connector.ts';
import { http } from '../../src/connectors/http/http.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, observed, opened, validated } from '../../src/testing/contract-call.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const token = 'a-very-secret-token';

/** A legacy side that is slow until it has been asked often enough, and bears only so many at once. */
let asked = 0;
let warmAfter = 20;
let bears = 100;
let atOnce = 0;
const legacy = await startHttpServer((request, response) => {
  if (request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401).end();
    return;
  }
  asked += 1;
  atOnce += 1;
  const late = asked <= warmAfter;
  const answer = (): void => {
    const status = atOnce > bears ? 503 : 200;
    atOnce -= 1;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ path: request.url, echo: token }));
  };
  setTimeout(answer, late ? 600 : 2);
});
const silent = await startSilentServer();
const nobody = `http://127.0.0.1:${await unusedPort()}`;
after(() => Promise.all([legacy.close(), silent.close()]));

const options = { url: legacy.url, token };
const wanted = {
  requests: [{ get: '/' }, { get: '/accounts/1', expect: { status: 200 } }],
  rate: 40,
  for: '500ms',
  ramp: '1500ms',
  concurrency: 20,
  limits: { within: '400ms', errors: '5%' },
  trusted: '10m',
};

/** Cold: the next few requests are slow. */
function cool(): void {
  asked = 0;
  warmAfter = 20;
  bears = 100;
}

connectorSuite({
  connector: http,
  options: () => options,
  secrets: [token],
  unreachable: () => ({ ...options, url: nobody }),
  silent: () => ({ ...options, url: silent.url }),
  forbidden: () => ({ ...options, token: 'wrong-token' }),
  states: [
    {
      name: 'warm',
      desired: () => wanted,
      disturb: async () => cool(),
      picture: async () => asked > warmAfter,
      undoes: false,
      bad: [
        { value: { ...wanted, requests: [] }, path: 'requests' },
        { value: { ...wanted, rate: 100_000 }, path: 'rate' },
        { value: { ...wanted, limits: { within: '1s', errors: '200%' } }, path: 'limits.errors' },
        { value: { ...wanted, concurrency: 1_000 }, path: 'concurrency' },
      ],
    },
  ],
});

describe('http/warm', () => {
  const kind: AnyStateKind = http.states?.['warm'] ?? assert.fail();
  const open = () => opened({ connector: http, options: () => options, secrets: [token] });
  const failure = async (given: object): Promise<ConnectorError> => {
    const system = await open();
    const desired: unknown = await validated(kind.desired, { ...wanted, ...given });
    try {
      await kind.apply?.(system.client, desired, applyCall('run-9/step', 1));
    } catch (error) {
      assert.ok(error instanceof ConnectorError);
      return error;
    } finally {
      await system.close();
    }
    return assert.fail('it was called warm');
  };

  it('measures what it sent: how many, how fast, how many errors', async () => {
    asked = 100;
    const system = await open();
    const desired: unknown = await validated(kind.desired, { ...wanted, rate: 41 });
    const receipt = await kind.apply?.(system.client, desired, applyCall('r/s', 1));
    const { sent, errors, shed } = receipt as { readonly [name: string]: Json };
    assert.equal(errors, 0);
    assert.equal(shed, null);
    assert.ok(Number(sent) >= 15 && Number(sent) <= 30, JSON.stringify(sent));
    const seen = await observed(system, kind, desired);
    assert.equal(seen.type, 'holds', JSON.stringify(seen));
    await system.close();
  });

  it('does not trust a measurement for longer than the plan says', async () => {
    asked = 100;
    const system = await open();
    const desired: unknown = await validated(kind.desired, { ...wanted, rate: 42, trusted: '1ms' });
    await kind.apply?.(system.client, desired, applyCall('r/s', 1));
    const seen = await observed(system, kind, desired);
    assert.equal(seen.type, 'differs');
    assert.match(seen.type === 'differs' ? (seen.change ?? '') : '', /measured too long ago/);
    await system.close();
  });

  it('sheds the load when the system does not bear it, and says what it answered', async () => {
    asked = 100;
    bears = -1;
    const before = asked;
    const error = await failure({ rate: 100, for: '5s', ramp: '1s' });
    assert.equal(error.class, 'verification-failed');
    assert.match(error.message, /the load was shed, .* status is 503/);
    assert.ok(asked - before < 200, `${asked - before} of 550 were sent`);
    bears = 100;
  });

  it('calls nothing warm that carries less than was declared', async () => {
    asked = 0;
    warmAfter = 10_000;
    const error = await failure({ rate: 30, concurrency: 5, limits: { within: '10s' } });
    assert.match(error.message, /it carried \d+\.\d of 30 requests a second/);
    cool();
  });

  it('never sends more than a hundred thousand requests', async () => {
    const given = { ...wanted, rate: 1_000, for: '10m' };
    await assert.rejects(validated(kind.desired, given), /more than 100000 requests/);
  });
});
