// What the pages show, judged by the views alone: no browser, no server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEvent } from '../../src/core/journal/event.ts';
import { tell } from '../../src/core/journal/told.ts';
import { NEVER_TIMED } from '../../src/core/rollback/durations.ts';
import { forecastOf } from '../../src/server/forecast.ts';
import { decisionView } from '../../src/server/views/decision-view.ts';
import { feedOf } from '../../src/server/views/feed.ts';
import { homeView } from '../../src/server/views/home-view.ts';
import { type RunView, runView } from '../../src/server/views/run-view.ts';
import type { StepView } from '../../src/server/views/step.ts';
import { memoryJournal } from '../../src/testing/memory-journal.ts';
import { type Stage, setStage } from './pretend-plan.ts';

const plan = 'ledger-cutover';

/** A stage with a clock that the test moves. */
async function onStage(): Promise<{ readonly stage: Stage; readonly clock: { now: number } }> {
  const clock = { now: Date.UTC(2026, 10, 28, 3) };
  return { stage: await setStage(memoryJournal({ now: () => clock.now })), clock };
}

async function ordered(stage: Stage): Promise<number> {
  const answer = await stage.control.order(
    plan,
    { playbook: 'full', because: 'errors over 2 %', kind: 'live' },
    'Ada',
  );
  assert.equal(answer.type, 'done');
  return (await stage.control.runs())[0]?.run ?? 0;
}

async function seen(stage: Stage, run: number): Promise<RunView> {
  const state = await stage.control.run(run);
  if (state.type === 'none') throw new Error('The run has not begun.');
  const events = await stage.control.events(`run-${run}`);
  return runView(state, events, await forecastOf(stage.control, state));
}

function stepIn(view: RunView, id: string): StepView {
  const step = view.stages.flatMap(({ steps }) => steps).find((each) => each.id === id);
  if (step === undefined) throw new Error(`No step ${id}.`);
  return step;
}

const word = ({ mark, words }: StepView): string => `${mark}: ${words}`;

test('a step says how far it is, by shape and word', async () => {
  const { stage, clock } = await onStage();
  const run = await ordered(stage);
  const says = async (): Promise<string> => word(stepIn(await seen(stage, run), 'route-back'));
  assert.equal(await says(), 'waiting: waits for a node to take it');
  await stage.take(run, 'route-back');
  assert.equal(await says(), 'working: observing');
  await stage.observe(run, 'route-back', 'ledger 100 -> 0 %');
  assert.equal(await says(), 'working: applying');
  await stage.tell(run, 'route-back', { type: 'applied', receipt: {} });
  assert.equal(await says(), 'working: verifying');
  clock.now += 4_000;
  await stage.tell(run, 'route-back', { type: 'holds', evidence: {} });
  const done = stepIn(await seen(stage, run), 'route-back');
  assert.deepEqual(
    [word(done), done.clock, done.detail],
    ['good: holds', { type: 'took', ms: 4_000 }, 'ledger 100 -> 0 %'],
  );
});

test('what is left is foreseen: from timeboxes before any history, from past runs after them', async () => {
  const { stage, clock } = await onStage();
  const first = await ordered(stage);
  assert.match((await seen(stage, first)).left?.words ?? '', /by timeboxes: never timed/);
  for (const step of ['stop-writes', 'route-back']) {
    await stage.take(first, step);
    await stage.observe(first, step, 'a change');
    clock.now += 2_000;
    await stage.tell(first, step, { type: 'holds', evidence: {} });
  }
  await stage.control.tell(first, { type: 'AbortRun', because: 'seen enough' }, 'Ada');
  assert.equal((await seen(stage, first)).left, null);
  const durations = await stage.control.durations(plan);
  assert.deepEqual(
    durations.steps.map(({ step, tookMs }) => [step, tookMs]),
    [
      ['stop-writes', [2_000]],
      ['route-back', [2_000]],
    ],
  );
  const { left } = await seen(stage, await ordered(stage));
  assert.match(left?.words ?? '', /^p50 .*\(1 live run; .* never timed/);
});

test('a state that held before is already so, not done by us', async () => {
  const { stage } = await onStage();
  const run = await ordered(stage);
  await stage.finish(run, 'stop-writes');
  assert.equal(word(stepIn(await seen(stage, run), 'stop-writes')), 'already: already so');
});

test('a step that failed, one that asks and one that was skipped name their people and reasons', async () => {
  const { stage } = await onStage();
  const run = await ordered(stage);
  await stage.finish(run, 'stop-writes');
  await stage.finish(run, 'route-back');
  await stage.take(run, 'carry-writes-home');
  await stage.tell(run, 'carry-writes-home', {
    type: 'failed',
    class: 'refused',
    because: 'the table is locked.',
  });
  await stage.control.tell(
    run,
    { type: 'SkipStep', step: 'stop-bank-file', because: 'the bank is closed' },
    'Chi',
  );
  const view = await seen(stage, run);
  assert.equal(word(stepIn(view, 'carry-writes-home')), 'bad: blocked, waiting for technical');
  assert.equal(stepIn(view, 'carry-writes-home').detail, 'refused: the table is locked.');
  assert.equal(
    word(stepIn(view, 'stop-bank-file')),
    'deviation: skipped by Chi: the bank is closed',
  );
  assert.deepEqual(
    view.turns.map(({ step, blocked }) => [step, blocked]),
    [['carry-writes-home', true]],
  );
  assert.equal(view.headline, 'Waiting for people: 3 of 6 steps done; now carry-writes-home.');
});

test('a manual step asks with its instruction and with what to look for', async () => {
  const { stage } = await onStage();
  const run = await ordered(stage);
  await stage.finish(run, 'stop-writes');
  await stage.finish(run, 'route-back');
  const [turn] = (await seen(stage, run)).turns;
  assert.deepEqual(
    [turn?.step, turn?.who, turn?.instruction, turn?.lookFor, turn?.evidence],
    [
      'stop-bank-file',
      'communications',
      'Call the bank and have the file of tonight stopped.',
      'no new file in /out',
      'required',
    ],
  );
});

test('a verification shows since when it holds, and the end says what was verified', async () => {
  const { stage, clock } = await onStage();
  const run = await ordered(stage);
  await stage.finishAll(run);
  await stage.take(run, 'verified');
  await stage.verify(run, true);
  const holding = await seen(stage, run);
  assert.deepEqual(holding.holding, { since: clock.now, ofMs: 60_000 });
  assert.equal(word(stepIn(holding, 'verified')), 'working: verifying, holds');
  clock.now += 61_000;
  await stage.verify(run, true);
  const end = await seen(stage, run);
  assert.deepEqual(
    [end.state, end.turns, end.waits],
    [{ mark: 'good', words: 'rolled back, verified' }, [], []],
  );
  assert.deepEqual(end.orders, { pause: false, resume: false, abort: false });
});

test('a paused run waits for a person and can go on', async () => {
  const { stage } = await onStage();
  const run = await ordered(stage);
  await stage.control.tell(run, { type: 'PauseRun', because: 'breath' }, 'Ada');
  const view = await seen(stage, run);
  assert.deepEqual(view.state, { mark: 'attention', words: 'paused' });
  assert.deepEqual(view.orders, { pause: false, resume: true, abort: true });
  assert.ok(view.waits.some((wait) => wait.includes('Paused')));
});

test('a decision shows what was measured, from where, and what silence does', async () => {
  const { stage, clock } = await onStage();
  await stage.breach();
  const migration = await stage.control.migration(plan);
  if (migration.type === 'none') throw new Error('No migration.');
  const view = decisionView(
    migration,
    await stage.control.events(`migration-${plan}`),
    1,
    NEVER_TIMED,
  );
  assert.deepEqual(view?.state, {
    type: 'open',
    approvedBy: [],
    until: clock.now + 300_000,
    silence: 'roll-back',
  });
  assert.deepEqual(view?.evidence, [
    {
      mark: 'bad',
      words: 'error-rate 6.1 %, bad above 2 % for 1 min: breached',
      at: clock.now,
      from: 'metrics',
    },
  ]);
  assert.deepEqual(view?.others, [{ mark: 'good', words: 'data-drift is not breached' }]);
  assert.deepEqual(view?.steps, [
    'stop-writes',
    'route-back',
    'carry-writes-home',
    'stop-bank-file',
    'customers-can-work',
    'verified',
  ]);
  assert.equal(decisionView(migration, [], 1, NEVER_TIMED), undefined);
});

test('a decision that was made says who made it and which run it ordered', async () => {
  const { stage, clock } = await onStage();
  await stage.breach();
  await stage.control.decide(
    plan,
    { type: 'Approve', decision: 1, because: 'customers suffer' },
    'Ben',
  );
  const migration = await stage.control.migration(plan);
  if (migration.type === 'none') throw new Error('No migration.');
  const view = decisionView(
    migration,
    await stage.control.events(`migration-${plan}`),
    1,
    NEVER_TIMED,
  );
  assert.deepEqual(view?.state, {
    type: 'made',
    answer: 'roll back',
    how: 'person',
    who: 'Ben',
    at: clock.now,
    because: 'customers suffer',
    run: 1,
    until: null,
  });
});

test('a question that comes again after a hold still shows the evidence of its breach', async () => {
  const { stage, clock } = await onStage();
  await stage.breach();
  await stage.control.decide(plan, { type: 'Hold', decision: 1, forMs: 60_000 }, 'Ben');
  clock.now += 61_000;
  await stage.tick();
  const migration = await stage.control.migration(plan);
  if (migration.type === 'none') throw new Error('No migration.');
  const view = decisionView(
    migration,
    await stage.control.events(`migration-${plan}`),
    2,
    NEVER_TIMED,
  );
  assert.equal(view?.state.type, 'open');
  assert.deepEqual(
    view?.evidence.map(({ words }) => words),
    ['error-rate 6.1 %, bad above 2 % for 1 min: breached'],
  );
});

test('the home page puts what waits first, and names a breached trigger', async () => {
  const { stage } = await onStage();
  await stage.breach();
  const migration = await stage.control.migration(plan);
  if (migration.type === 'none') throw new Error('No migration.');
  const view = homeView(await stage.control.migrations(), [migration], await stage.control.runs());
  assert.deepEqual(
    view.waiting.map(({ decision, silence }) => [decision, silence]),
    [[1, 'roll-back']],
  );
  assert.deepEqual(view.plans[0]?.signals[0], { mark: 'bad', words: 'errors is breached' });
});

test('the feed tells the newest first, and an event of a newer Backout by its name', async () => {
  const { stage } = await onStage();
  const run = await ordered(stage);
  const events = await stage.control.events(`run-${run}`);
  const rows = feedOf(events);
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    events.map(({ seq }) => seq).toReversed(),
  );
  assert.equal(
    rows.at(-1)?.words,
    'run 1 begins: full of ledger-cutover (live), because errors over 2 %',
  );
  const newer = { ...events[0], body: { type: 'RunBlessed' } } as JournalEvent;
  assert.deepEqual(tell(newer), { mark: 'unknown', words: 'RunBlessed' });
});
