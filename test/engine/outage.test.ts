// The store goes away in the middle of a run, and comes back: the run goes on by itself and nothing acknowledged is lost.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { postmasterPid } from '../../src/store/managed/server.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

describe('an outage of the store', () => {
  let server: TemporaryServer;
  let world: World;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server);
  });

  after(async () => {
    await world.close();
    await server.stop();
  });

  /** Kills the server as a power cut would; the managed one comes back by itself. */
  async function cut(): Promise<void> {
    const pid = postmasterPid(server.managed.places);
    assert.ok(pid !== null, 'the server runs');
    process.kill(pid, 'SIGKILL');
    await eventually(
      'another server',
      () => postmasterPid(server.managed.places),
      (now) => now !== pid && now !== null,
    );
  }

  const now = async (): Promise<number> => world.control.now().catch(() => 0);

  it('in the middle of an apply loses no result, no event and no step', async () => {
    const release = Promise.withResolvers<void>();
    world.system.faults.set('apply/long', { until: release.promise, times: 1 });
    const child = await world.startChild('cut-off');
    const stages = [
      { back: [step('short')] },
      { next: [step('long', { timebox: '60s' })] },
      { last: [step('last')] },
    ];
    const run = await world.run(await world.arm({ name: 'cut-off', stages }));
    await eventually(
      'the apply',
      () => world.system.count('apply/long'),
      (count) => count === 1,
    );
    const acknowledged = await world.bodies(`run-${run}`);
    await cut();
    release.resolve();
    await eventually('the store', now, (at) => at > 0);
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    const bodies = await world.bodies(`run-${run}`);
    assert.deepEqual(bodies.slice(0, acknowledged.length), acknowledged);
    assert.equal(world.system.get('long'), 1);
    assert.equal(world.system.get('last'), 1);
    assert.equal((await world.ground.store.check()).problems.length, 0);
    child.process.kill('SIGKILL');
    await child.ended;
  });

  it('while people are asked keeps the question, and carries their answer out', async () => {
    const child = await world.startChild('asked');
    const run = await world.run(
      await world.arm({
        name: 'asked',
        stages: [
          {
            back: [
              { step: 'by-hand', owner: 'owner', timebox: '60s', manual: { do: 'pull the lever' } },
            ],
          },
        ],
      }),
    );
    await world.until(`run-${run}`, (body) => body.type === 'StepAsked');
    await cut();
    await eventually('the store', now, (at) => at > 0);
    const confirmed = await world.control.tell(
      run,
      { type: 'ConfirmStep', step: 'by-hand', evidence: 'it is down' },
      'ada',
    );
    assert.equal(confirmed.type, 'done');
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    child.process.kill('SIGKILL');
    await child.ended;
  });
});
