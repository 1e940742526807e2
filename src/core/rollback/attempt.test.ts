// Attempts by given, when, then: fences, timeboxes, retries by class of error, lost nodes, and jobs that nobody takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applied,
  begun,
  failed,
  holds,
  started,
  step,
  stepIn,
  take,
  tell,
} from '../../testing/playbooks.ts';
import { LOST_ATTEMPTS_MAX } from './retry.ts';
import { REDISPATCH_AFTER_MAX_MS } from './tick.ts';

test('an attempt is begun by one node only', () => {
  const story = started(step('a'));
  take(story, 'a', 'node-1');
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'a', attempt: 1, node: 'node-2' }),
    'attempt-stale',
  );
  assert.equal(stepIn(story, 'a').node, 'node-1');
});

test('a spent timebox blocks the step, and a result that comes later is recorded but never applied', () => {
  const story = started(step('a'), step('b<a'));
  take(story, 'a');
  assert.deepEqual(story.pass(59_999), []);
  assert.deepEqual(story.pass(1), ['StepOverdue a', 'StepBlocked a']);
  const before = story.state;
  assert.deepEqual(story.when({ type: 'ReportResult', step: 'a', attempt: 1, result: holds }), [
    'StepLateResultRecorded a',
  ]);
  assert.equal(
    story.refused({ type: 'ReportObserved', step: 'a', attempt: 1, evidence: {} }),
    'attempt-stale',
  );
  assert.deepEqual(story.state, before);
});

test('a step blocked by its timebox names the last problem that was seen', () => {
  const story = started(step('a'));
  take(story, 'a');
  tell(story, 'a', failed('cannot-reach'));
  story.pass(1_250);
  take(story, 'a');
  story.pass(60_000);
  assert.match(
    stepIn(story, 'a').problem?.because ?? '',
    /timebox of 60 s is spent\. Last: it said cannot-reach/,
  );
});

test('the timebox covers all attempts, also while no node takes the next one', () => {
  const story = started(step('a'));
  take(story, 'a');
  story.wait(40_000);
  story.when({ type: 'ReportLost', step: 'a', attempt: 1, node: 'node-1' });
  assert.deepEqual(story.pass(20_000), ['StepDispatched a', 'StepOverdue a', 'StepBlocked a']);
});

test('no attempt begins after the timebox is spent, even if nobody has looked yet', () => {
  const story = started(step('a'));
  take(story, 'a');
  story.when({ type: 'ReportLost', step: 'a', attempt: 1, node: 'node-1' });
  story.wait(60_000);
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'a', attempt: 2, node: 'node-2' }),
    'timebox-spent',
  );
  assert.deepEqual(story.pass(0), ['StepOverdue a', 'StepBlocked a']);
});

test('a retry that would begin after the timebox is not waited for', () => {
  const story = started(step('a', { timeboxMs: 2_000 }));
  take(story, 'a');
  story.wait(1_500);
  assert.deepEqual(tell(story, 'a', failed('cannot-reach')), [
    'StepAttemptFailed a',
    'StepBlocked a',
  ]);
});

test('when a node dies, its attempt is given to another one at once', () => {
  const story = started(step('a'));
  take(story, 'a', 'node-1');
  assert.deepEqual(story.when({ type: 'ReportLost', step: 'a', attempt: 1, node: 'node-1' }), [
    'StepAttemptLost a',
    'StepDispatched a',
  ]);
  assert.equal(stepIn(story, 'a').attempt, 2);
  assert.deepEqual(take(story, 'a', 'node-2'), ['StepAttemptBegan a']);
  assert.deepEqual(story.when({ type: 'ReportResult', step: 'a', attempt: 1, result: applied }), [
    'StepLateResultRecorded a',
  ]);
});

test('two peers that find the same dead node free its attempt once', () => {
  const story = started(step('a'));
  take(story, 'a', 'node-1');
  const lost = { type: 'ReportLost', step: 'a', attempt: 1, node: 'node-1' } as const;
  story.when(lost);
  assert.deepEqual(story.when(lost), []);
});

test('the death of a node that has nothing in hand changes nothing', () => {
  const story = started(step('a'));
  take(story, 'a', 'node-1');
  assert.deepEqual(story.when({ type: 'ReportLost', step: 'a', attempt: 1, node: 'node-9' }), []);
});

test('a step that kills every node that takes it asks people in the end', () => {
  const story = started(step('a'));
  for (let lost = 1; lost <= LOST_ATTEMPTS_MAX; lost += 1) {
    assert.equal(stepIn(story, 'a').status, 'dispatched');
    take(story, 'a', `node-${lost}`);
    story.when({ type: 'ReportLost', step: 'a', attempt: lost, node: `node-${lost}` });
  }
  assert.equal(stepIn(story, 'a').status, 'blocked');
});

test('an attempt lost while the run is paused is laid out, but nobody takes it before the run is resumed', () => {
  const story = started(step('a'));
  take(story, 'a');
  story.when({ type: 'PauseRun', because: 'look' });
  story.when({ type: 'ReportLost', step: 'a', attempt: 1, node: 'node-1' });
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'a', attempt: 2, node: 'node-2' }),
    'run-paused',
  );
  story.when({ type: 'ResumeRun' });
  assert.deepEqual(take(story, 'a', 'node-2'), ['StepAttemptBegan a']);
});

test('a job that nobody takes is laid out again and again, at the least once a minute', () => {
  const story = started(step('a'));
  const times: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const from = story.now;
    while (story.pass(1_000).length === 0) assert.ok(story.now - from <= REDISPATCH_AFTER_MAX_MS);
    times.push(story.now - from);
  }
  assert.deepEqual(times, [10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  assert.equal(begun(story).status, 'running');
});

test('news of a step that the run does not have is refused', () => {
  const story = started(step('a'));
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'ghost', attempt: 1, node: 'node-1' }),
    'no-such-step',
  );
});
