// Nodes that are killed, frozen, drained or cut off from the store: the run goes on elsewhere, and nothing is done twice in vain.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TemporaryServer } from '../store/temporary.ts';
import { type Child, type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

describe('takeover', { concurrency: true }, () => {
  let server: TemporaryServer;

  before(async () => {
    server = await temporaryServer();
  });

  after(() => server.stop());

  describe('of a node that is frozen', { concurrency: 1 }, () => {
    let world: World;

    before(async () => {
      world = await makeWorld(server);
    });

    after(() => world.close());

    it('gives a frozen node up, watches in its place, and lets nothing count that it says when it wakes', async () => {
      const { run, first, second } = await hangIn(world, 'frozen', 'before', 'cutover');
      first.process.kill('SIGSTOP');
      const lost = await world.until(`run-${run}`, (body) => body.type === 'StepAttemptLost');
      assert.equal(lost['node'], 'frozen-first');
      const readings = world.system.count('signal/errors');
      await eventually(
        'the other to watch',
        () => world.system.count('signal/errors'),
        (count) => count > readings + 5,
      );
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      const before = (await world.ground.office.run(run)).state;
      first.process.kill('SIGCONT');
      await eventually('it to lose its place', first.said, (said) =>
        said.includes('lost frozen-first'),
      );
      await eventually('it to join anew', first.said, (said) =>
        said.includes('ready frozen-first-again-2'),
      );
      assert.deepEqual(
        (await world.ground.office.run(run)).state,
        before,
        'nothing that it said counted',
      );
      assert.equal(world.system.count('apply/frozen'), 2);
      await end(first, second);
    });
  });

  it('sends again under the same id when the node that was sending is killed before it wrote the receipt', async () => {
    const release = Promise.withResolvers<void>();
    const alone = await makeWorld(server);
    alone.system.faults.set('notice/ops', { until: release.promise, times: 1 });
    const child = await alone.startChild('sender');
    const plan = await alone.arm({
      name: 'killed',
      notices: { on: ['run-start'], to: [{ channel: 'it', with: { box: 'ops' } }] },
    });
    await alone.run(plan);
    await eventually(
      'it to send',
      () => alone.system.count('notice/ops'),
      (count) => count === 1,
    );
    child.process.kill('SIGKILL');
    await child.ended;
    release.resolve();
    await alone.startChild('heir');
    await alone.until(`notices-${plan}`, (body) => body.type === 'NoticeSent');
    // What the channel cannot tell apart arrives again, and bears the same id, by which it is known to be the same.
    assert.equal(new Set(alone.system.noticed.map(({ id }) => id)).size, 1);
    await alone.close();
  });

  describe('of a node that is killed or leaves', { concurrency: 1 }, () => {
    let world: World;

    before(async () => {
      world = await makeWorld(server);
    });

    after(() => world.close());

    const typesOf = async (run: number, name: string): Promise<readonly string[]> =>
      (await world.bodies(`run-${run}`))
        .filter((body) => body['step'] === name)
        .map((body) => body.type);

    it('observes first and applies again when a node was killed before its apply had an effect', async () => {
      const { run, first, second } = await hangIn(world, 'killed-before', 'before');
      first.process.kill('SIGKILL');
      const lost = await world.until(`run-${run}`, (body) => body.type === 'StepAttemptLost');
      assert.equal(lost['node'], 'killed-before-first');
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      assert.deepEqual(await typesOf(run, 'killed-before'), [
        'StepDispatched',
        'StepAttemptBegan',
        'StepObserved',
        'StepAttemptLost',
        'StepDispatched',
        'StepAttemptBegan',
        'StepObserved',
        'StepApplied',
        'StepConfirmed',
      ]);
      assert.deepEqual(
        world.system.applied.map(({ key, attempt, done }) => ({ key, attempt, done })),
        [
          { key: `run-${run}/killed-before`, attempt: 1, done: false },
          { key: `run-${run}/killed-before`, attempt: 2, done: true },
        ],
      );
      await end(first, second);
    });

    it('applies nothing again when the effect was there before the node was killed', async () => {
      const { run, first, second } = await hangIn(world, 'killed-after', 'after');
      first.process.kill('SIGKILL');
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      assert.equal(world.system.count('apply/killed-after'), 1);
      const confirmed = (await world.bodies(`run-${run}`)).find(
        (body) => body.type === 'StepConfirmed' && body['step'] === 'killed-after',
      );
      assert.deepEqual([confirmed?.['done'], confirmed?.['attempt']], ['applied', 2]);
      await end(first, second);
    });

    it('goes on elsewhere at once when a node drains and a step does not end in time', async () => {
      const { run, first, second } = await hangIn(world, 'drained', 'before');
      first.process.kill('SIGTERM');
      const lost = await world.until(`run-${run}`, (body) => body.type === 'StepAttemptLost');
      assert.equal(lost['node'], 'drained-first');
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      await first.ended;
      assert.equal(first.process.exitCode, 0);
      assert.match(first.said(), /drained drained-first/);
      assert.deepEqual((await typesOf(run, 'drained')).slice(0, 5), [
        'StepDispatched',
        'StepAttemptBegan',
        'StepObserved',
        'StepAttemptLost',
        'StepDispatched',
      ]);
      await end(second);
    });

    it('lets a step in hand end when a node drains with time, and takes nothing new', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      world.system.faults.set('apply/ending', { until: promise, times: 1 });
      const child = await world.startChild('ending', 20_000);
      const run = await world.run(
        await world.arm({
          name: 'ending',
          stages: [{ back: [step('ending')] }, { next: [step('ending-next')] }],
        }),
      );
      await eventually(
        'the apply',
        () => world.system.count('apply/ending'),
        (count) => count === 1,
      );
      child.process.kill('SIGTERM');
      await eventually('it to drain', child.said, (said) => said.includes('drains ending'));
      resolve();
      await child.ended;
      assert.deepEqual((await typesOf(run, 'ending')).slice(-3), [
        'StepObserved',
        'StepApplied',
        'StepConfirmed',
      ]);
      assert.deepEqual(await typesOf(run, 'ending-next'), ['StepDispatched']);
      const heir = await world.startChild('ending-heir');
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      await end(heir);
    });

    it('frees an attempt whose node is listed nowhere, however it came to be gone', async () => {
      const { run, first, second } = await hangIn(world, 'unlisted', 'before');
      // As when its peers gave it up and it died before it could hand anything back.
      await world.ground.store.nodes.remove('unlisted-first');
      first.process.kill('SIGKILL');
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      await end(first, second);
    });
  });
});

/** Starts a run of one step whose first apply hangs in a child; another child comes then. */
async function hangIn(
  world: World,
  name: string,
  hangs: 'before' | 'after',
  phase: string | null = null,
): Promise<{ readonly run: number; readonly first: Child; readonly second: Child }> {
  world.system.faults.set(`apply/${name}`, { hangs, times: 1 });
  const first = await world.startChild(`${name}-first`);
  const run = await world.run(
    await world.arm({ name, stages: [{ back: [step(name, { timebox: '60s' })] }] }, phase),
  );
  await eventually(
    'the apply to hang',
    () => world.system.count(`apply/${name}`),
    (count) => count === 1,
  );
  const second = await world.startChild(`${name}-second`);
  return { run, first, second };
}

async function end(...children: readonly Child[]): Promise<void> {
  for (const { process: child } of children) if (child.exitCode === null) child.kill('SIGKILL');
  await Promise.all(children.map(({ ended }) => ended));
}
