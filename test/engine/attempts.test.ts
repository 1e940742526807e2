// How steps are carried out on the real store: shared by nodes, fenced by attempt, retried by class of error.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { defineConnector, defineState } from '../../src/connector.ts';
import { backout } from '../../src/engine/office.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { pretendedConnectors } from './pretended-connector.ts';
import { type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

/** Answers what no connector should; `says` is what the observation is, `throws` what is thrown instead. */
const rubbish = {
  says: undefined as unknown,
  receipt: undefined as unknown,
  throws: undefined as unknown,
  applied: 0,
};

const rude = defineConnector({
  name: 'rude',
  summary: 'Answers rubbish',
  options: z.object({}),
  open: () => rubbish,
  states: {
    value: defineState({
      summary: 'Anything',
      desired: z.object({}),
      observe: async (client: typeof rubbish) => {
        if (client.throws !== undefined) throw client.throws;
        return (client.applied > 0 ? { type: 'holds', evidence: null } : client.says) as {
          type: 'holds';
          evidence: null;
        };
      },
      apply: async (client) => {
        client.applied += 1;
        return client.receipt as null;
      },
    }),
  },
});

/** Never listens to its signal, and answers an apply when the test says so. */
let answerLate: (receipt: string) => void = () => undefined;

const slow = defineConnector({
  name: 'slow',
  summary: 'Answers late',
  options: z.object({}),
  open: () => null,
  states: {
    value: defineState({
      summary: 'Anything',
      desired: z.object({}),
      observe: async () => ({ type: 'differs', evidence: null }),
      apply: async () => new Promise<string>((resolve) => (answerLate = resolve)),
    }),
  },
});

describe('attempts', () => {
  let server: TemporaryServer;
  let world: World;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server, { connectors: pretendedConnectors({ rude, slow }) });
    await world.startNode('a');
    await world.startNode('b');
  });

  after(async () => {
    await world.close();
    await server.stop();
  });

  it('are shared by nodes: the parallel branches of one stage run side by side on both', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `branch-${index}`);
    const plan = await world.arm({
      name: 'shared',
      stages: [{ all: names.map((name) => step(name)) }],
    });
    const run = await world.run(plan);
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    const bodies = await world.bodies(`run-${run}`);
    const began = bodies.filter(
      (body) => body.type === 'StepAttemptBegan' && body['step'] !== 'verified',
    );
    assert.equal(began.length, names.length, 'each step was begun once');
    assert.deepEqual(new Set(began.map((body) => body['node'])), new Set(['a', 'b']));
    assert.equal(
      world.system.applied.filter(({ name }) => names.includes(name)).length,
      names.length,
    );
  });

  it('carry the same idempotency key through every retry, and a number of their own', async () => {
    world.system.faults.set('apply/flaky', { status: 503, times: 2 });
    const plan = await world.arm({
      name: 'flaky',
      stages: [{ back: [step('flaky', { retry: { times: 3, backoff: '100ms' } })] }],
    });
    const run = await world.run(plan);
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    const applied = world.system.applied.filter(({ name }) => name === 'flaky');
    assert.deepEqual(
      applied.map(({ attempt }) => attempt),
      [1, 2, 3],
    );
    assert.deepEqual(new Set(applied.map(({ key }) => key)), new Set([`run-${run}/flaky`]));
  });

  it('that a system refuses are not tried again: people are asked, and their retry goes on', async () => {
    world.system.faults.set('apply/refused', { status: 409, times: 1 });
    const plan = await world.arm({
      name: 'refused',
      stages: [{ back: [step('refused', { retry: { times: 5, backoff: '100ms' } })] }],
    });
    const run = await world.run(plan);
    const blocked = await world.until(`run-${run}`, (body) => body.type === 'StepBlocked');
    assert.equal(blocked['class'], 'refused');
    assert.equal(
      (await world.control.tell(run, { type: 'RetryStep', step: 'refused' }, 'ada')).type,
      'done',
    );
    assert.equal(await world.outcome(run), 'rolled-back-verified');
  });

  it('touch nothing when the system is another environment than declared', async () => {
    const plan = await world.arm({
      name: 'mismatch',
      systems: { it: { uses: 'pretend', url: world.system.url, environment: 'staging' } },
      stages: [{ back: [step('mismatch')] }],
    });
    const run = await world.run(plan);
    const blocked = await world.until(`run-${run}`, (body) => body.type === 'StepBlocked');
    assert.equal(blocked['class'], 'target-mismatch');
    assert.match(String(blocked['because']), /declares environment staging.*production/);
    assert.equal(world.system.count('observe/mismatch') + world.system.count('apply/mismatch'), 0);
    await world.control.tell(run, { type: 'AbortRun', because: 'wrong place' }, 'ada');
    assert.equal(await world.outcome(run), 'aborted');
  });

  it('whose timebox is spent are blocked, and what a deaf connector says later is recorded and never counts', async () => {
    world.system.faults.set('observe/deaf', { hangs: 'before', times: 1 });
    const systems = { it: { uses: 'pretend', url: world.system.url, deaf: true } };
    const plan = await world.arm({
      name: 'deaf',
      systems,
      stages: [{ back: [step('deaf', { timebox: '1s' })] }],
    });
    const run = await world.run(plan);
    const blocked = await world.until(`run-${run}`, (body) => body.type === 'StepBlocked');
    assert.equal(blocked['class'], 'timed-out');
    // The node was not held: the same step goes on when people say so.
    await world.control.tell(run, { type: 'RetryStep', step: 'deaf' }, 'ada');
    assert.equal(await world.outcome(run), 'rolled-back-verified');
  });

  it('that answer after their timebox do not hold the node, and their receipt is recorded as late', async () => {
    const systems = { it: { uses: 'pretend', url: world.system.url }, slow: { uses: 'slow' } };
    const stages = [
      { back: [step('slow', { uses: 'slow/value', with: { system: 'slow' }, timebox: '1s' })] },
    ];
    const run = await world.run(await world.arm({ name: 'slow', systems, stages }));
    await world.until(`run-${run}`, (body) => body.type === 'StepBlocked');
    await world.until(
      `run-${run}`,
      (body) =>
        body.type === 'StepLateResultRecorded' && JSON.stringify(body).includes('No answer before'),
    );
    const before = (await world.ground.office.run(run)).state;
    answerLate('at last');
    const late = await world.until(`run-${run}`, (body) =>
      JSON.stringify(body).includes('at last'),
    );
    assert.equal(late.type, 'StepLateResultRecorded');
    assert.deepEqual((await world.ground.office.run(run)).state, before);
  });

  it('that no longer count change nothing, whatever they report and in whatever order', async () => {
    const plan = await world.arm({
      name: 'fenced',
      stages: [{ back: [step('fenced', { retry: { times: 3, backoff: '100ms' } })] }],
    });
    world.system.faults.set('apply/fenced', { status: 503, times: 1 });
    const run = await world.run(plan);
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    const { office } = world.ground;
    const before = (await office.run(run)).state;
    const holds = { type: 'holds', evidence: 'late' } as const;
    for (const attempt of [2, 1, 1, 7]) {
      await office.commandRun(
        run,
        { type: 'ReportResult', step: 'fenced', attempt, result: holds },
        backout,
      );
      const observed = await office.commandRun(
        run,
        { type: 'ReportObserved', step: 'fenced', attempt, evidence: 1 },
        backout,
      );
      assert.equal(observed.type, 'rejected');
      await office.commandRun(
        run,
        { type: 'ReportLost', step: 'fenced', attempt, node: 'a' },
        backout,
      );
      const begun = await office.commandRun(
        run,
        { type: 'BeginAttempt', step: 'fenced', attempt, node: 'a' },
        backout,
      );
      assert.equal(begun.type, 'rejected');
    }
    assert.deepEqual((await office.run(run)).state, before);
    const late = (await world.bodies(`run-${run}`)).filter(
      (body) => body.type === 'StepLateResultRecorded',
    );
    assert.equal(late.length, 4);
  });

  it('survive a connector that answers rubbish: nothing is applied on the strength of it', async () => {
    const systems = { it: { uses: 'pretend', url: world.system.url }, rude: { uses: 'rude' } };
    const stages = [{ back: [step('rude', { uses: 'rude/value', with: { system: 'rude' } })] }];
    const plan = await world.arm({ name: 'rude', systems, stages });
    const run = await world.run(plan);
    const thrown: readonly unknown[] = [
      Object.create(null),
      'text',
      null,
      { class: 'refused' },
      Object.assign(new Error('x'), { name: 'ConnectorError', class: 'made-up' }),
    ];
    let blocked = 0;
    const answers = [
      ...[undefined, 7, { type: 'perhaps' }].map((says) => ({ says, throws: undefined })),
      ...thrown.map((throws) => ({ says: undefined, throws })),
    ];
    for (const { says, throws } of answers) {
      if (blocked > 0) {
        Object.assign(rubbish, { says, throws });
        await world.control.tell(run, { type: 'RetryStep', step: 'rude' }, 'ada');
      }
      blocked += 1;
      await eventually(
        'the step to be blocked',
        () => world.bodies(`run-${run}`),
        (bodies) => bodies.filter((body) => body.type === 'StepBlocked').length === blocked,
      );
    }
    assert.equal(rubbish.applied, 0);
    // Once it answers in earnest, a receipt that is no JSON does not undo what was applied.
    const circle: { self?: unknown; big: bigint } = { big: 1n };
    circle.self = circle;
    Object.assign(rubbish, { says: { type: 'differs' }, throws: undefined, receipt: circle });
    await world.control.tell(run, { type: 'RetryStep', step: 'rude' }, 'ada');
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    assert.equal(rubbish.applied, 1);
  });
});
