// An upgrade under a live run: nodes of two versions on one journal. The older one leaves alone what it does not understand.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runEventTypes } from '../../src/core/rollback/events.ts';
import { keepDeadlines } from '../../src/engine/deadlines.ts';
import { Office, backout } from '../../src/engine/office.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

describe('an upgrade under a live run', () => {
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

  const seqOf = async (stream: string): Promise<number> =>
    (await world.control.events(stream)).at(-1)?.seq ?? 0;

  /** Appends an event of a type that this version does not know, as a newer node would. */
  async function writeAsNewer(stream: string): Promise<void> {
    const appended = await world.ground.store.journal.append([
      {
        stream,
        expected: await seqOf(stream),
        events: [{ actor: backout, body: { type: 'StepBlessed' } }],
      },
    ]);
    assert.equal(appended.type, 'appended');
  }

  /** From here on this process is of the newer version: it knows the event. */
  function upgradeThisProcess(): () => void {
    const known: { [type: string]: true } = runEventTypes;
    known['StepBlessed'] = true;
    return () => void delete known['StepBlessed'];
  }

  it('an older node decides nothing on a run that a newer one has carried on, and says why', async () => {
    const plan = await world.arm({ name: 'left-alone' });
    const run = await world.run(plan);
    await writeAsNewer(`run-${run}`);
    const told = await world.control.tell(run, { type: 'PauseRun', because: 'a look' }, 'ada');
    assert.equal(told.type === 'rejected' && told.code, 'left-to-newer');
    assert.match(told.type === 'rejected' ? told.because : '', /StepBlessed.*Upgrade this node/s);
    const shown = await world.control.run(run);
    assert.equal(shown.type === 'run' && shown.status, 'running', 'it may still be looked at');
    const before = await seqOf(`run-${run}`);
    const complaints: string[] = [];
    await keepDeadlines(new Office(world.ground.store.journal), (_, said) => complaints.push(said));
    assert.deepEqual([await seqOf(`run-${run}`), complaints], [before, []]);
  });

  it('a run goes on with the newer node once the older one leaves, and no step is lost or done blindly again', async () => {
    const release = Promise.withResolvers<void>();
    world.system.faults.set('apply/first', { until: release.promise, times: 1 });
    const older = await world.startChild('older');
    const plan = await world.arm({
      name: 'rolling',
      stages: [{ back: [step('first')] }, { next: [step('second')] }],
    });
    const run = await world.run(plan);
    await eventually(
      'the apply',
      () => world.system.count('apply/first'),
      (count) => count === 1,
    );
    await writeAsNewer(`run-${run}`);
    const downgrade = upgradeThisProcess();
    try {
      // What this process folded so far it folded as the older version.
      const newer = await world.startNode('newer');
      release.resolve();
      older.process.kill('SIGTERM');
      await older.ended;
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      const bodies = await world.bodies(`run-${run}`);
      assert.ok(bodies.some((body) => body.type === 'StepAttemptLost' && body['node'] === 'older'));
      assert.equal(world.system.count('apply/first'), 1, 'observed first: it held already');
      assert.equal(world.system.get('second'), 1);
      assert.equal((await world.ground.store.check()).problems.length, 0);
      await newer.drain(0);
    } finally {
      downgrade();
    }
  });
});
