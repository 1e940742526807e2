// The thinnest path through the real engine: from a measured breach to a rollback that is verified.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TemporaryServer } from '../store/temporary.ts';
import { type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

describe('a rollback on the real engine', () => {
  let server: TemporaryServer;
  let world: World;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server);
    await world.startNode('only');
  });

  after(async () => {
    await world.close();
    await server.stop();
  });

  it('happens by itself when the trigger fires, and ends verified when what was broken is well again', async () => {
    const stages = [{ back: [step('errors', { with: { system: 'it', name: 'errors', to: 0 } })] }];
    const plan = await world.arm({ name: 'pretended', stages }, 'cutover');
    const readings = world.system.count('signal/errors');
    await eventually(
      'it to be watched',
      () => world.system.count('signal/errors'),
      (count) => count > readings,
    );
    world.system.set('errors', 10);
    assert.equal(await world.outcome(1), 'rolled-back-verified');
    assert.equal(world.system.get('errors'), 0);
    assert.equal(world.system.count('apply/errors'), 1);
    const path = ['PlanArmed', 'PhaseEntered', 'TriggerBreached', 'DecisionMade', 'RunFinished'];
    const told = (await world.bodies(`migration-${plan}`)).map((body) => body.type);
    assert.deepEqual(
      told.filter((type) => path.includes(type)),
      path,
    );
  });

  it('leaves a journal whose chains and projections are whole', async () => {
    const report = await world.ground.store.check();
    assert.deepEqual(report.problems, []);
    assert.ok(report.events > 0);
  });
});
