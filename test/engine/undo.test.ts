// The undo of a rollback on the real engine, a real Postgres and a router over HTTP: to the end, killed in the middle, and undone again.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Graph } from '../../src/core/rollback/graph.ts';
import { type Answer, runOrderedBy } from '../../src/engine/control.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { type Router, type Settings, makeSettings, planOf, startRouter } from './undo-world.ts';
import { type Body, type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

describe('an undo', { concurrency: 1 }, () => {
  let server: TemporaryServer;
  let world: World;
  let router: Router;
  let settings: Settings;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server);
    settings = await makeSettings(await server.emptyDatabase());
    router = await startRouter();
  });

  after(async () => {
    await world.close();
    await settings.stop();
    await router.stop();
    await server.stop();
  });

  const undo = async (run: number, from?: string): Promise<number> => {
    const wanted = from === undefined ? {} : { from };
    const answer = await world.control.undo(run, { because: 'it is mended', ...wanted }, 'ada');
    assert.equal(answer.type, 'done', JSON.stringify(answer));
    return runOrderedBy(answer) ?? 0;
  };

  const codeOf = (answer: Answer): string => (answer.type === 'rejected' ? answer.code : 'done');

  const stepsOf = async (run: number, type: string): Promise<readonly unknown[]> =>
    (await world.bodies(`run-${run}`))
      .filter((body) => body.type === type && body['step'] !== 'verified')
      .map((body) => body['step']);

  const blocked = (run: number, name: string): Promise<Body> =>
    world.until(`run-${run}`, (body) => body.type === 'StepBlocked' && body['step'] === name);

  describe('of a whole rollback', () => {
    let first = 0;
    let second = 0;
    let third = 0;

    before(async () => {
      await world.startNode('a');
      const more = [step('by-hand', { with: { system: 'it', name: 'by-hand', to: 1 } })];
      const plan = await world.arm(planOf('whole', router, settings, world.system.url, more));
      first = await world.run(plan);
      assert.equal(await world.outcome(first), 'rolled-back-verified');
      assert.deepEqual([router.weights().legacy, await settings.writer()], [100, 'legacy']);
    });

    it('is refused for a run that is not there and for a step that it does not have', async () => {
      const because = 'x';
      assert.equal(codeOf(await world.control.undo(99, { because }, 'ada')), 'no-such-run');
      const from = 'nowhere';
      assert.equal(
        codeOf(await world.control.undo(first, { because, from }, 'ada')),
        'no-such-step',
      );
    });

    it('brings back in reverse exactly what was there before, and tells people what no connector can bring back', async () => {
      second = await undo(first);
      const problem = await blocked(second, 'by-hand');
      assert.match(String(problem['because']), /its connector has no undo for it/);
      assert.match(String(problem['because']), /What was there before: \{"value":0\}/);
      const early = await world.control.undo(first, { because: 'x' }, 'ada');
      assert.equal(codeOf(early), 'run-under-way');
      assert.deepEqual([router.weights().legacy, await settings.writer()], [100, 'legacy']);
      world.system.set('by-hand', 0);
      const order = { type: 'ConfirmStep', step: 'by-hand', evidence: 'set to 0' } as const;
      assert.equal(codeOf(await world.control.tell(second, order, 'ada')), 'done');
      assert.equal(await world.outcome(second), 'undone-verified');
      assert.deepEqual(router.weights(), { legacy: 30, ledger: 70 });
      assert.equal(await settings.writer(), 'ledger');
      assert.deepEqual(await stepsOf(second, 'StepConfirmed'), [
        'by-hand',
        'writes-back',
        'route-back',
      ]);
    });

    it('goes by what the first run kept: what was observed before the first apply, and each receipt', async () => {
      const [began] = await world.bodies(`run-${second}`);
      assert.ok(began);
      const { nodes } = began['graph'] as Graph;
      const keptOf = (id: string): unknown => {
        const work = nodes.find((node) => node.id === id)?.work;
        return work?.type === 'undo' ? work.kept : undefined;
      };
      const receiptOf = async (id: string): Promise<unknown> =>
        (await world.bodies(`run-${first}`)).find(
          (body) => body.type === 'StepApplied' && body['step'] === id,
        )?.['receipt'];
      const route = keptOf('route-back') as {
        readonly before: { readonly captured: unknown };
        readonly receipt: unknown;
      };
      assert.deepEqual(route.receipt, await receiptOf('route-back'));
      assert.deepEqual(route.before.captured, { legacy: 30, ledger: 70 });
      const writes = keptOf('writes-back') as {
        readonly before: unknown;
        readonly receipt: unknown;
      };
      assert.deepEqual(writes.before, { found: 'ledger', wanted: 'legacy' });
      assert.deepEqual(writes.receipt, await receiptOf('writes-back'));
    });

    it('is undone once', async () => {
      const again = await world.control.undo(first, { because: 'x' }, 'ada');
      assert.equal(codeOf(again), 'undone-already');
    });

    it('can itself be undone: the rollback is there again, by the rules of any run', async () => {
      third = await undo(second);
      assert.equal(await world.outcome(third), 'undone-verified');
      assert.deepEqual(router.weights(), { legacy: 100, ledger: 0 });
      assert.equal(await settings.writer(), 'legacy');
      assert.equal(world.system.get('by-hand'), 1);
      assert.deepEqual(await stepsOf(third, 'StepConfirmed'), [
        'route-back',
        'writes-back',
        'by-hand',
      ]);
    });

    it('may begin at a step: what was built before it stays', async () => {
      // People were faster: what is there already is not asked of them again.
      world.system.set('by-hand', 0);
      const part = await undo(third, 'writes-back');
      assert.equal(await world.outcome(part), 'undone-verified');
      assert.deepEqual([router.weights().legacy, await settings.writer()], [100, 'ledger']);
      const rest = await undo(third, 'route-back');
      assert.equal(await world.outcome(rest), 'undone-verified');
      assert.deepEqual([router.weights().legacy, await settings.writer()], [30, 'ledger']);
      const already = (await world.bodies(`run-${rest}`)).filter(
        (body) => body['done'] === 'already-so',
      );
      assert.deepEqual(
        already.map((body) => body['step']),
        ['by-hand', 'writes-back'],
      );
    });
  });

  for (const when of ['before', 'after'] as const) {
    it(`goes on elsewhere when its node is killed ${when} the effect, and never takes anything back twice`, async () => {
      const alone = await makeWorld(server);
      const other = await startRouter();
      const name = `killed-${when}`;
      const plan = await alone.arm(planOf(name, other, settings, alone.system.url));
      const child = await alone.startChild(`${name}-first`);
      const run = await alone.run(plan);
      assert.equal(await alone.outcome(run), 'rolled-back-verified');
      other.fallSilent(when);
      const answer = await alone.control.undo(run, { because: 'mended' }, 'ada');
      const undoing = runOrderedBy(answer) ?? 0;
      await eventually(
        'the undo to write',
        () => other.writes.length,
        (count) => count === 2,
      );
      child.process.kill('SIGKILL');
      await child.ended;
      const heir = await alone.startChild(`${name}-heir`);
      assert.equal(await alone.outcome(undoing), 'undone-verified');
      assert.deepEqual(other.weights(), { legacy: 30, ledger: 70 });
      const key = `run-${undoing}/route-back`;
      const undone = other.writes.filter((write) => write.key === key);
      assert.equal(undone.length, when === 'before' ? 2 : 1);
      heir.process.kill('SIGKILL');
      await other.stop();
      await alone.close();
    });
  }

  it('of a run that was aborted half-way takes back only what that run had touched', async () => {
    const plan = await world.arm(planOf('half', router, settings, world.system.url));
    assert.deepEqual([router.weights().legacy, await settings.writer()], [30, 'ledger']);
    router.fallSilent('after');
    const run = await world.run(plan);
    await world.until(`run-${run}`, (body) => body.type === 'StepObserved');
    await world.control.tell(run, { type: 'AbortRun', because: 'second thoughts' }, 'ada');
    assert.equal(await world.outcome(run), 'aborted');
    assert.equal(router.weights().legacy, 100);
    const undoing = await undo(run);
    assert.equal(await world.outcome(undoing), 'undone-verified');
    assert.deepEqual(router.weights(), { legacy: 30, ledger: 70 });
    assert.deepEqual(await stepsOf(undoing, 'StepConfirmed'), ['route-back']);
  });
});
