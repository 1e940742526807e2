// Whatever crashes, freezes, comes twice, late or in another order: a run comes to its end, and does nothing it may not.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import fc from 'fast-check';
import type { JournalEvent } from '../../src/core/journal/event.ts';
import { fingerprint } from '../../src/core/plan/canonical.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import type { RunEvent } from '../../src/core/rollback/events.ts';
import { evolve } from '../../src/core/rollback/evolve.ts';
import type { Run } from '../../src/core/rollback/state.ts';
import { localControl } from '../../src/engine/control.ts';
import { Office } from '../../src/engine/office.ts';
import { Simulation } from './simulation.ts';

/** Each world gets so many turns before it must have come to its end. */
const TURNS = 6_000;

const step = (name: string, needs: readonly string[] = []) => ({
  step: name,
  owner: 'owner',
  timebox: '10h',
  uses: 'simulated/value',
  with: { system: 'it', name },
  retry: { times: 50, backoff: '1s' },
  ...(needs.length === 0 ? {} : { needs }),
});

const needs: { readonly [step: string]: readonly string[] } = {
  a: [],
  b: [],
  c: ['a'],
  d: ['a', 'b', 'c'],
  e: ['a', 'b', 'c', 'd'],
};

const parsed = parsePlan({
  file: 'simulated.plan.yaml',
  text: JSON.stringify({
    backout: 1,
    name: 'simulated',
    people: { ada: { name: 'Ada' } },
    roles: { owner: 'ada', deputies: { technical: 'ada' } },
    systems: { it: { uses: 'simulated' } },
    playbooks: {
      full: {
        scope: 'full',
        stages: [
          { one: [step('a'), step('b'), step('c', ['a'])] },
          { two: [step('d')] },
          { three: [step('e')] },
        ],
      },
    },
  }),
});

test('every run ends, each step done, under any order of crashes, losses, doubles and delays', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0 }), fc.integer({ min: 0, max: 9 }), simulate),
      { numRuns: 300 },
    );
  } finally {
    mock.timers.reset();
  }
});

async function simulate(seed: number, trouble: number): Promise<void> {
  assert.equal(parsed.type, 'plan', JSON.stringify(parsed));
  if (parsed.type !== 'plan') return;
  const { plan } = parsed;
  const world = new Simulation(seed, trouble);
  const office = new Office(world.journal);
  const control = localControl(office, world.journal);
  await control.arm({ plan, fingerprint: fingerprint(plan), directory: '/' }, null, 'ada');
  await control.order(
    'simulated',
    { playbook: 'full', because: 'a simulation', kind: 'live' },
    'ada',
  );
  const acknowledged: JournalEvent[] = [];
  let run = (await office.run(1)).state;
  for (let turn = 0; turn < TURNS && !(run.type === 'run' && run.status === 'ended'); turn += 1) {
    if (turn === TURNS / 2) world.calm();
    world.happen();
    mock.timers.tick(100);
    await new Promise((resolve) => setImmediate(resolve));
    run = (await office.run(1)).state;
    if (turn % 50 === 0)
      acknowledged.splice(0, acknowledged.length, ...(await world.journal.read('run-1')));
  }
  const events = (await world.journal.read('run-1')) as readonly JournalEvent<RunEvent>[];
  const story = (): string =>
    events
      .map(
        ({ body }) =>
          `${body.type} ${'step' in body ? body.step : ''} ${'attempt' in body ? body.attempt : ''} ${'node' in body ? body.node : ''}`,
      )
      .join('\n');
  assert.deepEqual(world.defects, []);
  assert.equal(run.type === 'run' && run.status, 'ended', `it came to its end:\n${story()}`);
  assert.deepEqual(
    events.slice(0, acknowledged.length),
    acknowledged,
    'nothing that was read is ever another',
  );
  assertDone(run, world);
  assertOrder(events, story);
  assertEffects(world, events);
  const folded = events.reduce<Run>(evolve, { type: 'none' });
  assert.deepEqual(folded, run, 'the same events give the same run');
}

function assertDone(run: Run, world: Simulation): void {
  assert.ok(run.type === 'run');
  for (const name of Object.keys(needs)) {
    assert.equal(run.steps[name]?.status, 'done', `${name} is done`);
    assert.equal(world.values.get(name), true, `${name} is so on the real system`);
  }
}

function assertOrder(events: readonly JournalEvent<RunEvent>[], story: () => string): void {
  const confirmed = new Set<string>();
  const begun = new Map<string, number>();
  for (const { body } of events) {
    if (body.type === 'StepAttemptBegan') {
      const missing = (needs[body.step] ?? []).filter((need) => !confirmed.has(need));
      assert.deepEqual(
        missing,
        [],
        `${body.step} began before what it needs was over:\n${story()}`,
      );
      assert.ok(
        body.attempt > (begun.get(body.step) ?? 0),
        `attempt ${body.attempt} of ${body.step} began once:\n${story()}`,
      );
      begun.set(body.step, body.attempt);
    }
    if (body.type === 'StepConfirmed') {
      assert.ok(!confirmed.has(body.step), `${body.step} was confirmed once:\n${story()}`);
      assert.equal(body.attempt, begun.get(body.step), 'only the newest attempt confirms');
      confirmed.add(body.step);
    }
  }
}

/** Each attempt applies at most once, always under the step's own key, and only after it told what it had observed. */
function assertEffects({ effects }: Simulation, events: readonly JournalEvent<RunEvent>[]): void {
  const seen = new Set<string>();
  for (const { step: name, attempt, key } of effects) {
    assert.equal(key, `run-1/${name}`);
    assert.ok(!seen.has(`${name}/${attempt}`), `attempt ${attempt} of ${name} applied once`);
    seen.add(`${name}/${attempt}`);
    const told = events.some(
      ({ body }) => body.type === 'StepObserved' && body.step === name && body.attempt === attempt,
    );
    assert.ok(told, `attempt ${attempt} of ${name} told what it observed before it applied`);
  }
}
