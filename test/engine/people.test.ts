// What people see and say while a run is under way: previews, checkpoints, verification, and every order that they may give.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { compileGraph } from '../../src/core/rollback/compile.ts';
import type { RunOrder } from '../../src/engine/control.ts';
import type { Node } from '../../src/engine/node.ts';
import { previewRun } from '../../src/engine/preview.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import {
  type Body,
  type PlanParts,
  type World,
  eventually,
  makeWorld,
  snapshotOf,
  step,
  temporaryServer,
} from './world.ts';

const manual = {
  step: 'lever',
  owner: 'owner',
  timebox: '60s',
  manual: { do: 'pull the lever', evidence: 'required' },
};

describe('people', { concurrency: true }, () => {
  let server: TemporaryServer;
  let world: World;
  let node: Node;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server);
    node = await world.startNode('a');
  });

  after(async () => {
    await world.close();
    await server.stop();
  });

  const is = (type: string, of?: string) => (body: Body) =>
    body.type === type && (of === undefined || body['step'] === of);
  const start = async (parts: PlanParts): Promise<number> => world.run(await world.arm(parts));

  async function say(run: number, order: RunOrder): Promise<string> {
    const answer = await world.control.tell(run, order, 'ada');
    return answer.type === 'done' ? 'done' : answer.code;
  }

  const checked = (name: string, hold = '1ms') => ({
    name,
    signals: { [name]: { from: 'it', of: name, every: '100ms' } },
    triggers: {},
    phases: [],
    checks: { low: { holds: { signal: name, below: 1 } } },
    checkpoints: { well: { checks: ['low'] } },
    playbooks: {
      full: {
        scope: 'full',
        stages: [{ back: [step(name)] }, { check: [{ checkpoint: 'well', timebox: '30s' }] }],
        verified: { by: ['well'], hold, within: '30s' },
      },
    },
  });

  it('never call it held while nobody looked: a hold begins anew on the node that takes over', async () => {
    const own = await makeWorld(server);
    const child = await own.startChild('looks');
    const parts = checked('gap', '3s');
    const run = await own.run(
      await own.arm({
        ...parts,
        playbooks: { full: { ...parts.playbooks.full, stages: [{ back: [step('other')] }] } },
      }),
    );
    await own.until(`run-${run}`, is('VerificationHeld'));
    child.process.kill('SIGKILL');
    await child.ended;
    await own.startChild('looks-on');
    assert.equal(await own.outcome(run), 'rolled-back-verified');
    const events = await own.control.events(`run-${run}`);
    const again = events.findLast(({ body }) => body.type === 'VerificationHeld');
    const taken = events.findLast(({ body }) => body.type === 'StepAttemptBegan');
    const ended = events.find(({ body }) => body.type === 'RunEnded');
    assert.ok((again?.seq ?? 0) > (taken?.seq ?? 0), 'it was seen to hold anew');
    assert.ok((ended?.at ?? 0) - (again?.at ?? 0) >= 3_000);
    await own.close();
  });

  describe('of one world', { concurrency: 1 }, () => {
    it('see a checkpoint pass as soon as its checks hold, however late', async () => {
      world.system.set('late', 5);
      const run = await start({ ...checked('late'), name: 'late' });
      // The step sets `late` to 1, which is not below 1.
      await eventually(
        'the checkpoint to look',
        () => world.system.count('signal/late'),
        (count) => count >= 2,
      );
      world.system.set('late', 0);
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      assert.ok((await world.bodies(`run-${run}`)).some(is('StepConfirmed', 'well')));
    });

    it('see a hold break and begin again', async () => {
      const parts = checked('breaks', '2s');
      const run = await start({
        ...parts,
        playbooks: { full: { ...parts.playbooks.full, stages: [{ back: [step('other')] }] } },
      });
      await world.until(`run-${run}`, is('VerificationHeld'));
      world.system.set('breaks', 5);
      await world.until(`run-${run}`, is('VerificationBroken'));
      world.system.set('breaks', 0);
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      const events = await world.control.events(`run-${run}`);
      const held = events.filter(({ body }) => body.type === 'VerificationHeld');
      const ended = events.find(({ body }) => body.type === 'RunEnded');
      assert.equal(held.length, 2);
      assert.ok(
        (ended?.at ?? 0) - (held[1]?.at ?? 0) >= 2_000,
        'the second hold lasted its whole time',
      );
    });

    it('confirm a manual step with evidence, and no other way', async () => {
      const run = await start({ name: 'by-hand', stages: [{ back: [manual] }] });
      await world.until(`run-${run}`, is('StepAsked'));
      assert.equal(await say(run, { type: 'ConfirmStep', step: 'lever' }), 'evidence-missing');
      assert.equal(
        await say(run, { type: 'ConfirmStep', step: 'nothing', evidence: 'x' }),
        'no-such-step',
      );
      assert.equal(
        await say(run, { type: 'ConfirmStep', step: 'lever', evidence: 'it is down' }),
        'done',
      );
      assert.equal(await world.outcome(run), 'rolled-back-verified');
      assert.equal(await say(run, { type: 'PauseRun', because: 'too late' }), 'run-ended');
    });

    it('skip a step only with a reason, which stays in the journal with their name', async () => {
      const run = await start({ name: 'skipped', stages: [{ back: [manual] }] });
      await world.until(`run-${run}`, is('StepAsked'));
      assert.equal(
        await say(run, { type: 'SkipStep', step: 'lever', because: ' ' }),
        'reason-missing',
      );
      assert.equal(
        await say(run, { type: 'SkipStep', step: 'lever', because: 'there is no lever' }),
        'done',
      );
      await world.outcome(run);
      const skipped = (await world.control.events(`run-${run}`)).find(
        ({ body }) => body.type === 'StepSkipped',
      );
      assert.deepEqual(skipped?.actor, { kind: 'person', name: 'ada' });
    });

    it('pause a run: what is in hand ends, nothing begins until they resume it', async () => {
      const release = Promise.withResolvers<void>();
      world.system.faults.set('apply/paused', { until: release.promise, times: 1 });
      const run = await start({
        name: 'paused',
        stages: [{ back: [step('paused')] }, { next: [step('paused-next')] }],
      });
      await eventually(
        'the apply',
        () => world.system.count('apply/paused'),
        (count) => count === 1,
      );
      assert.equal(await say(run, { type: 'PauseRun', because: 'wait' }), 'done');
      release.resolve();
      await world.until(`run-${run}`, is('StepConfirmed', 'paused'));
      assert.ok(!(await world.bodies(`run-${run}`)).some(is('StepDispatched', 'paused-next')));
      assert.equal(await say(run, { type: 'ResumeRun' }), 'done');
      assert.equal(await world.outcome(run), 'rolled-back-verified');
    });

    it('abort a run: it ends when the step in hand has ended, and begins nothing more', async () => {
      const release = Promise.withResolvers<void>();
      world.system.faults.set('apply/aborted', { until: release.promise, times: 1 });
      const run = await start({
        name: 'aborted',
        stages: [{ back: [step('aborted')] }, { next: [step('aborted-next')] }],
      });
      await eventually(
        'the apply',
        () => world.system.count('apply/aborted'),
        (count) => count === 1,
      );
      assert.equal(await say(run, { type: 'AbortRun', because: 'wrong playbook' }), 'done');
      assert.ok(!(await world.bodies(`run-${run}`)).some(is('RunEnded')));
      release.resolve();
      assert.equal(await world.outcome(run), 'aborted');
      assert.equal(world.system.count('apply/aborted-next'), 0);
    });

    it('cannot arm an unknown phase, and nothing is changed by the attempt', async () => {
      const armed = await world.control.arm(
        snapshotOf({ name: 'no-phase' }, world.system),
        'nowhere',
        'ada',
      );
      assert.equal(armed.type === 'rejected' && armed.code, 'no-such-phase');
      assert.equal((await world.bodies('migration-no-phase')).length, 0);
    });

    it('preview a run on the real systems: each step asked, nothing touched, what is unknown said with its class', async () => {
      world.system.set('there', 1);
      world.system.faults.set('observe/barred', { status: 403 });
      world.system.faults.set('observe/silent', { hangs: 'before' });
      const systems = {
        it: { uses: 'pretend', url: world.system.url },
        away: { uses: 'pretend', url: 'http://127.0.0.1:1' },
        other: { uses: 'pretend', url: world.system.url, environment: 'staging' },
      };
      const on = (system: string, name: string) =>
        step(`${system}-${name}`, { with: { system, name, to: 1 } });
      const stages = [
        {
          back: [
            on('it', 'there'),
            on('it', 'missing'),
            on('it', 'barred'),
            on('away', 'x'),
            on('other', 'x'),
            manual,
          ],
        },
        { check: [{ checkpoint: 'well' }] },
      ];
      const snapshot = snapshotOf({ name: 'preview', systems, stages }, world.system);
      const graph = compileGraph(snapshot.plan, 'full');
      assert.ok(graph !== undefined);
      const events = async (): Promise<never> => assert.fail('no event is asked for');
      const lines = await previewRun(node.systems, events, snapshot, graph, Date.now());
      assert.deepEqual(
        lines.map((line) => [line.step, line.says, 'class' in line ? line.class : '']),
        [
          ['it-there', 'already-so', ''],
          ['it-missing', 'would-change', ''],
          ['it-barred', 'unknown', 'not-allowed'],
          ['away-x', 'unknown', 'cannot-reach'],
          ['other-x', 'unknown', 'target-mismatch'],
          ['lever', 'by-hand', ''],
          ['well', 'already-so', ''],
        ],
      );
      assert.equal(world.system.count('apply/missing'), 0);
      const silent = snapshotOf(
        { name: 'silent', stages: [{ back: [on('it', 'silent'), on('it', 'there')] }] },
        world.system,
      );
      const silentGraph = compileGraph(silent.plan, 'full');
      assert.ok(silentGraph !== undefined);
      const stop = new AbortController();
      const asked = previewRun(node.systems, events, silent, silentGraph, Date.now(), stop.signal);
      await eventually(
        'both to be asked',
        () => world.system.count('observe/silent'),
        (count) => count === 1,
      );
      // Whoever is asked last is answered last: then the step beside the silent one has its answer, too.
      await previewRun(node.systems, events, snapshot, graph, Date.now());
      stop.abort();
      assert.deepEqual(
        (await asked).map(({ says }) => says),
        ['unknown', 'already-so'],
      );
    });
  });
});
