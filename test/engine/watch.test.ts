// Watching on the real store: one node per plan, the next goes on with its memory; what nobody answers is decided once.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { memoryOf } from '../../src/engine/of-store.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import {
  type Body,
  type Child,
  type World,
  eventually,
  makeWorld,
  step,
  temporaryServer,
} from './world.ts';

const trigger = (name: string, more: { readonly [key: string]: unknown } = {}) => ({
  [name]: {
    class: 'availability',
    when: { signal: name, above: 5, for: '0s' },
    mode: 'automatic',
    playbook: 'full',
    ...more,
  },
});
const signal = (name: string) => ({ [name]: { from: 'it', of: name, every: '100ms' } });

describe('watching', () => {
  let server: TemporaryServer;
  let world: World;
  let first: Child;
  let second: Child;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server);
    first = await world.startChild('first');
  });

  after(async () => {
    await world.close();
    await server.stop();
  });

  const typesIn = async (plan: string): Promise<readonly string[]> =>
    (await world.bodies(`migration-${plan}`)).map((body) => body.type);
  const count = async (plan: string, type: string): Promise<number> =>
    (await typesIn(plan)).filter((each) => each === type).length;
  const is = (type: string) => (body: Body) => body.type === type;

  it('goes from a breach to its first apply, and to a verified end', async () => {
    const plan = await world.arm(
      {
        name: 'breach',
        signals: { ...signal('breach'), ...signal('calm') },
        triggers: trigger('breach'),
        phases: [{ name: 'cutover', failure: ['breach'], rollback: 'full' }],
        checks: { 'few-errors': { holds: { signal: 'calm', below: 1 } } },
      },
      'cutover',
    );
    world.system.set('breach', 10);
    const made = await world.until(`migration-${plan}`, is('DecisionMade'));
    assert.deepEqual([made['how'], made['answer']], ['automatic', 'roll-back']);
    assert.equal(await world.outcome(Number(made['run'])), 'rolled-back-verified');
    assert.deepEqual((await typesIn(plan)).slice(0, 5), [
      'PlanArmed',
      'PhaseEntered',
      'SignalChanged',
      'TriggerBreached',
      'DecisionMade',
    ]);
    world.system.set('breach', 0);
  });

  it('asks when the source is out, and never rolls back for it', async () => {
    world.system.faults.set('signal/dark', { status: 503 });
    const triggers = trigger('dark', { 'no-data': { after: '300ms', is: 'roll-back' } });
    const plan = await world.arm(
      {
        name: 'dark',
        signals: { ...signal('dark'), ...signal('errors') },
        triggers,
        phases: [{ name: 'cutover', failure: ['dark'], rollback: 'full' }],
      },
      'cutover',
    );
    const wanted = await world.until(`migration-${plan}`, is('DecisionWanted'));
    assert.match(String(wanted['because']), /source of the signal is out/);
    assert.equal(wanted['silence'], 'hold');
    assert.equal(await count(plan, 'DecisionMade'), 0);
    world.system.faults.delete('signal/dark');
    await world.until(`migration-${plan}`, is('TriggerSighted'));
  });

  it('is not held up by a signal that never answers', async () => {
    world.system.faults.set('signal/hung', { hangs: 'before' });
    const triggers = {
      ...trigger('hung', { mode: 'advise' }),
      ...trigger('seen', { mode: 'advise' }),
    };
    const plan = await world.arm(
      {
        name: 'hung',
        signals: { ...signal('hung'), ...signal('seen'), ...signal('errors') },
        triggers,
        phases: [{ name: 'cutover', failure: ['hung', 'seen'], rollback: 'full' }],
      },
      'cutover',
    );
    await eventually(
      'the hung signal to be asked',
      () => world.system.count('signal/hung'),
      (asked) => asked > 0,
    );
    world.system.set('seen', 10);
    const advised = await world.until(`migration-${plan}`, is('TriggerAdvised'));
    assert.equal(advised['trigger'], 'seen');
    world.system.faults.delete('signal/hung');
  });

  it('judges other triggers in another phase', async () => {
    const phases = [
      { name: 'canary', failure: ['early'], rollback: 'full' },
      { name: 'cutover', failure: ['late'], rollback: 'full' },
    ];
    const parts = {
      name: 'phases',
      signals: { ...signal('early'), ...signal('late'), ...signal('errors') },
      triggers: { ...trigger('early', { mode: 'advise' }), ...trigger('late', { mode: 'advise' }) },
      phases,
    };
    const plan = await world.arm(parts, 'canary');
    world.system.set('early', 10);
    world.system.set('late', 10);
    await world.until(
      `migration-${plan}`,
      (body) => body.type === 'TriggerAdvised' && body['trigger'] === 'early',
    );
    assert.equal(world.system.count('signal/late'), 0);
    await world.arm(parts, 'cutover');
    await world.until(
      `migration-${plan}`,
      (body) => body.type === 'TriggerAdvised' && body['trigger'] === 'late',
    );
  });

  it('goes on elsewhere, with what was remembered, when the node that watches is killed', async () => {
    const plan = await world.arm(
      {
        name: 'heir',
        signals: { ...signal('heir'), ...signal('errors') },
        triggers: trigger('heir', { mode: 'advise' }),
        phases: [{ name: 'cutover', failure: ['heir'], rollback: 'full' }],
      },
      'cutover',
    );
    const { state } = await world.ground.office.migration(plan);
    const key = state.type === 'migration' ? `${plan}@${state.fingerprint}` : '';
    world.system.set('heir', 10);
    await world.until(`migration-${plan}`, is('TriggerAdvised'));
    const memory = memoryOf(world.ground.store);
    await eventually(
      'the memory to be kept',
      () => memory.load(key),
      (kept) => JSON.stringify(kept).includes('breached'),
    );
    second = await world.startChild('second');
    const asked = world.system.count('signal/heir');
    assert.ok(asked > 0);
    first.process.kill('SIGKILL');
    await first.ended;
    await eventually(
      'the other to watch',
      () => world.system.count('signal/heir'),
      (now) => now > asked + 3,
    );
    // The breach is remembered: it is neither told again nor forgotten, and its end is seen.
    assert.equal(await count(plan, 'TriggerBreached'), 1);
    world.system.set('heir', 0);
    await world.until(`migration-${plan}`, is('TriggerCleared'));
    const told = (await world.bodies(`migration-${plan}`))
      .filter(is('SignalChanged'))
      .map((body) => body['to']);
    assert.equal(told.filter((to) => to === 'breached').length, 1);
  });

  it('carries what silence means out exactly once, although the node that asked is dead and two others are awake', async () => {
    const triggers = trigger('silent', {
      mode: 'review',
      review: { by: 'technical', within: '6s', silence: 'roll-back' },
    });
    // Only one node is there to ask.
    const plan = await world.arm(
      {
        name: 'silent',
        signals: { ...signal('silent'), ...signal('errors') },
        triggers,
        phases: [{ name: 'cutover', failure: ['silent'], rollback: 'full' }],
        stages: [{ back: [step('silent')] }],
      },
      'cutover',
    );
    world.system.set('silent', 10);
    await world.until(`migration-${plan}`, is('DecisionWanted'));
    second.process.kill('SIGKILL');
    await second.ended;
    assert.equal(await count(plan, 'DecisionMade'), 0, 'it died before anything was decided');
    const others = await Promise.all([world.startChild('third'), world.startChild('fourth')]);
    const made = await world.until(`migration-${plan}`, is('DecisionMade'));
    assert.deepEqual([made['how'], made['answer']], ['silence', 'roll-back']);
    await world.outcome(Number(made['run']));
    assert.equal(await count(plan, 'DecisionMade'), 1);
    assert.equal(world.system.count('apply/silent'), 1);
    for (const { process: child } of others) child.kill('SIGKILL');
    await Promise.all(others.map(({ ended }) => ended));
  });

  it('keeps a timebox while no node lives at all: the next one begins nothing, and people are asked', async () => {
    world.system.faults.set('apply/boxed', { hangs: 'before' });
    const doomed = await world.startChild('doomed');
    const stages = [{ back: [step('boxed', { timebox: '2s' })] }];
    const run = await world.run(await world.arm({ name: 'boxed', stages }));
    await eventually(
      'the apply',
      () => world.system.count('apply/boxed'),
      (calls) => calls === 1,
    );
    doomed.process.kill('SIGKILL');
    await doomed.ended;
    const began = (await world.control.events(`run-${run}`)).find(
      ({ body }) => body.type === 'StepAttemptBegan',
    );
    await eventually(
      'the timebox to be spent',
      world.control.now,
      (now) => now > (began?.at ?? 0) + 2_000,
    );
    const awake = await world.startChild('awake');
    const blocked = await world.until(`run-${run}`, is('StepBlocked'));
    assert.equal(blocked['class'], 'timed-out');
    assert.equal(world.system.count('apply/boxed'), 1);
    awake.process.kill('SIGKILL');
  });
});
