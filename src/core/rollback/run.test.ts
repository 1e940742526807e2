// A run by given, when, then: how steps follow one another, and how a run ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyOf } from '../../testing/given.ts';
import {
  applied,
  begun,
  carryOut,
  checkpoint,
  failed,
  holds,
  manual,
  startRun,
  started,
  step,
  stepIn,
  take,
  tell,
  verification,
} from '../../testing/playbooks.ts';
import { runAggregate } from './run.ts';
import { waitsFor } from './waits.ts';

test('a run begins with every step that needs nothing, all at once', () => {
  const story = storyOf(runAggregate, { type: 'Tick' });
  assert.deepEqual(story.when(startRun({ nodes: [step('a'), step('b'), step('c<a,b')] })), [
    'RunStarted 7',
    'StepDispatched a',
    'StepDispatched b',
  ]);
});

test('a run that has begun can not be started again', () => {
  assert.equal(started(step('a')).refused(startRun({ nodes: [step('b')] })), 'run-exists');
});

test('nothing can be asked of a run that was never started', () => {
  const story = storyOf(runAggregate, { type: 'Tick' });
  assert.equal(story.refused({ type: 'PauseRun', because: 'wait' }), 'no-such-run');
  assert.equal(story.refused({ type: 'Tick' }), 'no-such-run');
});

test('a playbook that nobody could walk to its end is refused before anything begins', () => {
  const story = storyOf(runAggregate, { type: 'Tick' });
  assert.equal(story.refused(startRun({ nodes: [step('a<b'), step('b<a')] })), 'playbook-broken');
  assert.equal(story.refused(startRun({ nodes: [step('a<ghost')] })), 'playbook-broken');
  assert.equal(story.refused(startRun({ nodes: [step('a'), step('a')] })), 'playbook-broken');
});

test('a step may need one that the plan writes after it', () => {
  const story = started(step('b<a'), step('a'));
  assert.deepEqual(carryOut(story, 'a'), ['StepConfirmed a', 'StepDispatched b']);
});

test('a playbook without steps ends at once and claims nothing', () => {
  const story = started();
  assert.equal(begun(story).end?.outcome, 'rolled-back-not-verified');
});

test('a join waits for all of its branches', () => {
  const story = started(step('a'), step('left<a'), step('right<a'), step('join<left,right'));
  assert.deepEqual(carryOut(story, 'a'), [
    'StepConfirmed a',
    'StepDispatched left',
    'StepDispatched right',
  ]);
  assert.deepEqual(carryOut(story, 'right'), ['StepConfirmed right']);
  assert.deepEqual(carryOut(story, 'left'), ['StepConfirmed left', 'StepDispatched join']);
});

test('what holds already is done without being applied, and the record says so', () => {
  const story = started(step('a'), step('b<a'));
  carryOut(story, 'a');
  assert.equal(stepIn(story, 'a').done, 'already-so');
});

test('what was there before the first apply is kept through every later attempt', () => {
  const story = started(step('a'));
  take(story, 'a');
  story.when({
    type: 'ReportObserved',
    step: 'a',
    attempt: 1,
    evidence: { weight: 40 },
    change: '40 to 100',
  });
  tell(story, 'a', applied);
  tell(story, 'a', failed('verification-failed'));
  story.pass(1_250);
  take(story, 'a', 'node-2');
  story.when({ type: 'ReportObserved', step: 'a', attempt: 2, evidence: { weight: 70 } });
  tell(story, 'a', holds);
  assert.deepEqual(stepIn(story, 'a').before, { evidence: { weight: 40 }, change: '40 to 100' });
  assert.deepEqual(stepIn(story, 'a').receipt, { id: 1 });
  assert.equal(stepIn(story, 'a').done, 'applied');
});

test('the same news told twice is one fact', () => {
  const story = started(step('a'));
  take(story, 'a');
  const observed = { type: 'ReportObserved', step: 'a', attempt: 1, evidence: {} } as const;
  assert.deepEqual(story.when(observed), ['StepObserved a']);
  assert.deepEqual(story.when(observed), []);
  assert.deepEqual(tell(story, 'a', applied), ['StepApplied a']);
  assert.deepEqual(tell(story, 'a', applied), []);
});

test('a checkpoint holds the steps after it back until its checks pass', () => {
  const story = started(step('a'), checkpoint('customers<a'), step('b<customers'));
  assert.deepEqual(carryOut(story, 'a'), ['StepConfirmed a', 'StepDispatched customers']);
  take(story, 'customers');
  assert.deepEqual(tell(story, 'customers', failed('verification-failed')), [
    'StepAttemptFailed customers',
    'StepRetryPlanned customers',
  ]);
  assert.deepEqual(story.pass(500), ['StepDispatched customers']);
  assert.deepEqual(carryOut(story, 'customers'), ['StepConfirmed customers', 'StepDispatched b']);
});

test('a checkpoint that never passes asks people when its time is spent', () => {
  const story = started(checkpoint('customers'), step('b<customers'));
  for (let looks = 0; stepIn(story, 'customers').status !== 'blocked'; looks += 1) {
    assert.ok(looks < 100, 'it must not look for ever');
    take(story, 'customers');
    tell(story, 'customers', failed('verification-failed'));
    story.pass(6_250);
  }
  assert.ok(story.now - begun(story).startedAt > 50_000, 'it looked for nearly all of its minute');
});

test('a run without a verification never says that it is verified', () => {
  const story = started(step('verified'));
  assert.deepEqual(carryOut(story, 'verified'), [
    'StepConfirmed verified',
    'RunEnded rolled-back-not-verified',
  ]);
});

test('an ended run can not be changed by anything', () => {
  const story = started(step('a'), manual('b'));
  carryOut(story, 'a');
  story.when({ type: 'SkipStep', step: 'b', because: 'bank informed before' });
  const end = story.state;
  assert.equal(story.refused({ type: 'PauseRun', because: 'late' }), 'run-ended');
  assert.equal(story.refused({ type: 'ResumeRun' }), 'run-ended');
  assert.equal(story.refused({ type: 'AbortRun', because: 'late' }), 'run-ended');
  assert.equal(story.refused({ type: 'RetryStep', step: 'a' }), 'run-ended');
  assert.equal(story.refused({ type: 'SkipStep', step: 'a', because: 'late' }), 'run-ended');
  assert.equal(story.refused({ type: 'ConfirmStep', step: 'b', evidence: 'late' }), 'run-ended');
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'a', attempt: 1, node: 'node-2' }),
    'attempt-stale',
  );
  assert.deepEqual(story.when({ type: 'Tick' }), []);
  assert.deepEqual(tell(story, 'a', applied), ['StepLateResultRecorded a']);
  assert.equal(runAggregate.deadline(story.state), null);
  assert.deepEqual(story.state, end);
});

test('a run says what it waits for', () => {
  const story = started(step('a'), manual('b'), step('c<a,b'));
  assert.deepEqual(
    waitsFor(begun(story)).map((wait) => `${wait.step}: ${wait.for}`),
    ['a: a node', 'b: a person'],
  );
  take(story, 'a');
  assert.deepEqual(
    waitsFor(begun(story)).map((wait) => `${wait.step}: ${wait.for}`),
    ['a: its attempt', 'b: a person'],
  );
});

test('a verification step waits for every branch before it', () => {
  const story = started(step('a'), step('b'), verification('a,b'));
  assert.deepEqual(carryOut(story, 'a'), ['StepConfirmed a']);
  assert.deepEqual(carryOut(story, 'b'), ['StepConfirmed b', 'StepDispatched verified']);
});
