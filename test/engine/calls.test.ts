// Calls on a real store: the people of a ladder are reached one after the other, each by their own address, and whoever takes the step is the last.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { defineChannel, defineConnector } from '../../src/connector.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { pretendedConnectors } from './pretended-connector.ts';
import { type Body, type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

const broken = defineConnector({
  name: 'broken',
  summary: 'A pager that never works',
  options: z.object({}),
  open: () => null,
  channel: defineChannel({
    summary: 'Nowhere',
    address: z.object({ to: z.string() }),
    person: (contact) => ({ to: contact }),
    send: async () => {
      throw new Error('nobody lives here');
    },
  }),
});

const people = {
  people: {
    ada: { name: 'Ada', chat: 'ada-box', page: 'ada-pager' },
    ben: { name: 'Ben', chat: 'ben-box' },
    chi: { name: 'Chi', chat: 'chi-box', page: 'chi-pager' },
  },
  roles: { owner: 'ada', deputies: { technical: ['ben'], security: 'chi' } },
  ladders: { technical: [{ page: 'technical' }, { after: '1500ms', page: 'owner' }] },
};

describe('calls', () => {
  let server: TemporaryServer;
  let world: World;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server, { connectors: pretendedConnectors({ broken }) });
    await world.startNode('a');
    await world.startNode('b');
  });

  after(async () => {
    await world.close();
    await server.stop();
  });

  const systems = (): object => ({
    it: { uses: 'pretend', url: world.system.url },
    gone: { uses: 'broken' },
  });
  const calls = [
    { channel: 'gone', to: 'page' },
    { channel: 'it', to: 'chat' },
  ];
  const heard = (box: string, run: number): readonly string[] =>
    world.system.noticed
      .filter(({ to, subject }) => to === box && new RegExp(`\\brun ${run}\\b`, 'i').test(subject))
      .map(({ subject }) => subject);
  const blocked = (name: string): void => {
    world.system.faults.set(`apply/${name}`, { status: 409 });
  };

  it('reach the owner of a blocked step at once and the next of its ladder in time, also when a channel fails', async () => {
    blocked('climbed');
    const plan = await world.arm({
      name: 'climbed',
      ...people,
      systems: systems(),
      stages: [{ back: [step('climbed', { owner: 'technical' })] }],
      notices: { calls, on: ['call'], to: [{ channel: 'it', with: { box: 'room-climbed' } }] },
    });
    const run = await world.run(plan);
    await eventually(
      'Ada to be called',
      () => heard('ada-box', run),
      ({ length }) => length === 1,
    );
    assert.deepEqual(heard('ben-box', run), [
      `[climbed] Run ${run} calls technical (ben): climbed is blocked`,
    ]);
    const { text } = world.system.noticed.find(({ to }) => to === 'ada-box') ?? { text: '' };
    assert.match(text, new RegExp(`backout run step take ${run} climbed`));
    const rungs = (await world.bodies(`run-${run}`)).filter(({ type }) => type === 'StepCalled');
    assert.deepEqual(
      rungs.map((body) => body['role']),
      ['technical', 'owner'],
    );
    await eventually(
      'the room',
      () => heard('room-climbed', run),
      ({ length }) => length === 2,
    );
    const failed = await eventually(
      'the pager to have failed',
      () => world.bodies(`notices-${plan}`),
      (bodies) => bodies.some(isFailure),
    );
    assert.ok(
      failed.filter(isFailure).every((body) => String(body['notice']).endsWith('/ada')),
      'Ben has no pager',
    );
    await world.control.tell(run, { type: 'AbortRun', because: 'seen enough' }, 'ada');
    assert.equal(await world.outcome(run), 'aborted');
  });

  it('end with whoever says that they are at it', async () => {
    blocked('taken');
    const plan = await world.arm({
      name: 'taken',
      ...people,
      systems: systems(),
      stages: [{ back: [step('taken', { owner: 'technical' })] }],
      notices: { calls: calls.slice(1), on: [] },
    });
    const run = await world.run(plan);
    await eventually(
      'Ben to be called',
      () => heard('ben-box', run),
      ({ length }) => length === 1,
    );
    const told = await world.control.tell(run, { type: 'TakeStep', step: 'taken' }, 'ben');
    assert.equal(told.type, 'done');
    // Another run's ladder is climbed to its end meanwhile.
    blocked('beside');
    const beside = await world.arm({
      name: 'beside',
      ...people,
      systems: systems(),
      stages: [{ back: [step('beside', { owner: 'technical' })] }],
      notices: { calls: calls.slice(1), on: [] },
    });
    const other = await world.run(beside);
    await eventually(
      'Ada to be called elsewhere',
      () => heard('ada-box', other),
      ({ length }) => length === 1,
    );
    assert.deepEqual(heard('ada-box', run), []);
    world.system.faults.delete('apply/taken');
    await world.control.tell(run, { type: 'RetryStep', step: 'taken' }, 'ben');
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    await world.control.tell(other, { type: 'AbortRun', because: 'seen enough' }, 'ada');
  });

  it('ring for a manual step that is overdue, hand it to its contingency on silence, and ask for decisions', async () => {
    const plan = await world.arm({
      name: 'late',
      ...people,
      systems: systems(),
      stages: [
        {
          back: [
            {
              step: 'by-hand',
              owner: 'technical',
              contingency: 'security',
              'hand-over': '300ms',
              timebox: '1s',
              manual: { do: 'Call the bank.' },
            },
          ],
        },
      ],
      notices: { calls: calls.slice(1), on: [] },
    });
    const run = await world.run(plan);
    await eventually(
      'the alarm',
      () => heard('chi-box', run),
      ({ length }) => length === 2,
    );
    assert.deepEqual(heard('chi-box', run).toSorted(), [
      `[late] OVERDUE: run ${run} still waits: by-hand is to be done by hand`,
      `[late] Run ${run}: by-hand goes to security (chi), for technical did not answer`,
    ]);
    const confirmed = await world.control.tell(
      run,
      { type: 'ConfirmStep', step: 'by-hand', evidence: 'they know' },
      'chi',
    );
    assert.equal(confirmed.type, 'done');
    assert.equal(await world.outcome(run), 'rolled-back-verified');
  });
});

function isFailure(body: Body): boolean {
  return body.type === 'NoticeFailed' && body['channel'] === 'gone';
}
