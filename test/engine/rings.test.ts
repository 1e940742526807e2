// A rollback in rings on the real engine: a real router's weights go back share by share, and what is worse stops it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { http } from '../../src/connectors/http/http.ts';
import { type TestServer, startHttpServer } from '../connectors/quiet-server.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { pretendedConnectors } from './pretended-connector.ts';
import { type World, makeWorld, step, temporaryServer } from './world.ts';

describe('a rollback in rings', () => {
  let server: TemporaryServer;
  let world: World;
  let router: TestServer;
  /** What the router was told, one after the other. */
  let shares: number[] = [];
  /** From this share on the legacy side can't bear the load. */
  let bears = 101;
  let legacyIsUp = true;

  before(async () => {
    router = await startHttpServer((request, response, body) => {
      const say = (status: number, value: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      if (request.url === '/legacy') return say(legacyIsUp ? 200 : 503, {});
      if (request.url === '/shop') return say((shares.at(-1) ?? 0) < bears ? 200 : 500, {});
      if (request.method === 'PUT') {
        const told = JSON.parse(body) as { readonly legacy: number };
        shares.push(told.legacy);
        // The errors that the metrics show rise with the load that is too much.
        world.system.set('errors', told.legacy < bears ? 0 : 50);
      }
      const legacy = shares.at(-1) ?? 0;
      return say(200, { legacy, ledger: 100 - legacy });
    });
    server = await temporaryServer();
    world = await makeWorld(server, { connectors: pretendedConnectors({ http }) });
    await world.startNode('only');
  });

  after(async () => {
    await world.close();
    await server.stop();
    await router.close();
  });

  const arm = async (name: string, more: object = {}): Promise<string> => {
    shares = [];
    world.system.set('errors', 0);
    const weights = { json: { '/legacy': '${ring:percent}', '/ledger': '${ring:rest}' } };
    const route = {
      step: 'route',
      owner: 'owner',
      timebox: '20s',
      uses: 'http/holds',
      with: {
        system: 'router',
        observe: { get: '/weights', expect: weights },
        apply: {
          put: '/weights',
          json: { legacy: '${ring:percent}', ledger: '${ring:rest}' },
        },
      },
    };
    const worsening = {
      checks: ['shop'],
      signals: { errors: { by: 5 } },
      for: '200ms',
    };
    return world.arm({
      name,
      systems: {
        it: { uses: 'pretend', url: world.system.url },
        router: { uses: 'http', url: router.url },
      },
      signals: {
        errors: { from: 'it', of: 'errors', every: '100ms' },
        shop: { from: 'router', probe: { get: '/shop' }, every: '100ms' },
        legacy: { from: 'router', probe: { get: '/legacy' }, every: '100ms' },
      },
      checkpoints: { well: { checks: ['few-errors'] }, 'legacy-works': { checks: ['legacy'] } },
      playbooks: {
        full: {
          scope: 'full',
          rings: {
            traffic: { shares: ['10%', '50%', '100%'], soak: '300ms', within: '20s', worsening },
          },
          stages: [{ traffic: [route] }, { tidy: [step('mail')] }],
          verified: { by: ['well'], hold: '1ms', within: '20s' },
          ...more,
        },
      },
    });
  };

  it('brings the traffic back ring by ring when nothing becomes worse', async () => {
    const run = await world.run(await arm('calm'));
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    assert.deepEqual(shares, [10, 50, 100]);
  });

  it('stops after the ring that is worse, says why, and goes on only on the owner’s word', async () => {
    bears = 50;
    const run = await world.run(await arm('overload'));
    const paused = await world.until(`run-${run}`, (body) => body.type === 'RunPaused');
    assert.match(String(paused['because']), /^Worse after ring 2 of 3 \(50 %\) of traffic: /);
    assert.match(String(paused['because']), /shop does not hold/);
    assert.deepEqual(shares, [10, 50], 'the third ring has not begun');
    bears = 101;
    world.system.set('errors', 0);
    const said = await world.control.tell(
      run,
      {
        type: 'OverruleStep',
        step: 'traffic.ring-2.worsening',
        because: 'two machines were added',
      },
      'ada',
    );
    assert.equal(said.type, 'done', JSON.stringify(said));
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    assert.deepEqual(shares, [10, 50, 100]);
  });

  it('changes nothing when what it would go back to is not healthy', async () => {
    legacyIsUp = false;
    const safe = { 'safe-to-return': { by: ['legacy-works'], within: '1s' } };
    const run = await world.run(await arm('unsafe', safe));
    const blocked = await world.until(`run-${run}`, (body) => body.type === 'StepBlocked');
    assert.equal(blocked['step'], 'safe-to-return');
    assert.match(String(blocked['because']), /What we go back to is not healthy: legacy fails/);
    assert.deepEqual(shares, []);
    const said = await world.control.tell(
      run,
      { type: 'OverruleStep', step: 'safe-to-return', because: 'only its probe is down' },
      'ada',
    );
    assert.equal(said.type, 'done', JSON.stringify(said));
    assert.equal(await world.outcome(run), 'rolled-back-verified');
  });
});
