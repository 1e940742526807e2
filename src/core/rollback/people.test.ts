// What people tell a run, by given, when, then: manual steps, pause, resume, abort, skip, retry, and two who press at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person } from '../../testing/given.ts';
import {
  applied,
  begun,
  carryOut,
  checkpoint,
  failed,
  holds,
  manual,
  started,
  step,
  stepIn,
  take,
  tell,
  verification,
} from '../../testing/playbooks.ts';
import { waitsFor } from './waits.ts';

const ada = person('ada');
const ben = person('ben');

test('a manual step asks its owner and is done when a person says what was seen', () => {
  const story = started(manual('call-bank'), step('b<call-bank'));
  assert.deepEqual(
    waitsFor(begun(story)).map((wait) => wait.sentence),
    ['technical, call-bank is yours: Call the bank.'],
  );
  assert.deepEqual(
    story.when({ type: 'ConfirmStep', step: 'call-bank', evidence: 'case 4711' }, ada),
    ['StepConfirmed call-bank', 'StepDispatched b'],
  );
  assert.deepEqual(stepIn(story, 'call-bank').evidence, { said: 'case 4711' });
  assert.deepEqual(story.events.at(-2)?.actor, ada);
});

test('a manual step that requires evidence is not done without it', () => {
  const story = started(manual('call-bank'));
  assert.equal(story.refused({ type: 'ConfirmStep', step: 'call-bank' }), 'evidence-missing');
  assert.equal(
    story.refused({ type: 'ConfirmStep', step: 'call-bank', evidence: '  ' }),
    'evidence-missing',
  );
});

test('a manual step whose evidence is optional may be confirmed by a word', () => {
  const story = started(manual('call-bank', 'optional'));
  assert.ok(
    story.when({ type: 'ConfirmStep', step: 'call-bank' }).includes('StepConfirmed call-bank'),
  );
});

test('a manual step that takes too long is said to be overdue once, and still waits', () => {
  const story = started(manual('call-bank'));
  assert.deepEqual(story.pass(3_600_000), ['StepOverdue call-bank']);
  assert.equal(stepIn(story, 'call-bank').status, 'asked');
});

test('no node can begin a manual step', () => {
  const story = started(manual('call-bank'));
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'call-bank', attempt: 0, node: 'node-1' }),
    'attempt-stale',
  );
});

test('when two people confirm the same step, the second finds it done and changes nothing', () => {
  const story = started(manual('call-bank'), manual('other'));
  story.when({ type: 'ConfirmStep', step: 'call-bank', evidence: 'first' }, ada);
  assert.deepEqual(
    story.when({ type: 'ConfirmStep', step: 'call-bank', evidence: 'second' }, ben),
    [],
  );
  assert.deepEqual(stepIn(story, 'call-bank').evidence, { said: 'first' });
});

test('when two people press the same button of a run, the second press changes nothing', () => {
  const story = started(step('a'), manual('b'));
  take(story, 'a');
  assert.deepEqual(story.when({ type: 'PauseRun', because: 'look' }, ada), ['RunPaused']);
  assert.deepEqual(story.when({ type: 'PauseRun', because: 'look' }, ben), []);
  assert.deepEqual(story.when({ type: 'ResumeRun' }, ada), ['RunResumed']);
  assert.deepEqual(story.when({ type: 'ResumeRun' }, ben), []);
  assert.deepEqual(story.when({ type: 'SkipStep', step: 'b', because: 'known' }, ada), [
    'StepSkipped b',
  ]);
  assert.deepEqual(story.when({ type: 'SkipStep', step: 'b', because: 'known' }, ben), []);
  assert.deepEqual(story.when({ type: 'AbortRun', because: 'stop' }, ada), ['RunAbortRequested']);
  assert.deepEqual(story.when({ type: 'AbortRun', because: 'stop' }, ben), []);
});

test('while a run is paused, the attempt under way ends and nothing new begins', () => {
  const story = started(step('a'), step('b<a'), step('other'));
  take(story, 'a');
  story.when({ type: 'PauseRun', because: 'look first' });
  assert.deepEqual(tell(story, 'a', holds), ['StepConfirmed a']);
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'other', attempt: 1, node: 'node-1' }),
    'run-paused',
  );
  assert.deepEqual(story.pass(3_600_000), []);
  assert.equal(waitsFor(begun(story))[0]?.for, 'a person');
});

test('a resumed run goes on at once, with the jobs that were thrown away laid out again', () => {
  const story = started(step('a'), step('b<a'), step('other'));
  take(story, 'a');
  story.when({ type: 'PauseRun', because: 'look first' });
  tell(story, 'a', holds);
  assert.deepEqual(story.when({ type: 'ResumeRun' }), [
    'RunResumed',
    'StepDispatched other',
    'StepDispatched b',
  ]);
  assert.deepEqual(take(story, 'other'), ['StepAttemptBegan other']);
});

test('a pause does not eat the timebox of a step that nobody could be at', () => {
  const story = started(step('a'));
  take(story, 'a');
  tell(story, 'a', failed('cannot-reach'));
  story.when({ type: 'PauseRun', because: 'network is being mended' });
  story.pass(3_600_000);
  story.when({ type: 'ResumeRun' });
  assert.deepEqual(story.pass(0), ['StepDispatched a']);
  assert.ok(carryOut(story, 'a').includes('StepConfirmed a'));
});

test('an aborted run ends when no system is being changed any more', () => {
  const story = started(step('a'), step('b'), step('c<a'));
  take(story, 'a');
  assert.deepEqual(story.when({ type: 'AbortRun', because: 'wrong target' }), [
    'RunAbortRequested',
  ]);
  assert.equal(
    story.refused({ type: 'BeginAttempt', step: 'b', attempt: 1, node: 'node-1' }),
    'attempt-stale',
  );
  assert.equal(story.refused({ type: 'PauseRun', because: 'wait' }), 'run-aborting');
  assert.equal(story.refused({ type: 'ResumeRun' }), 'run-aborting');
  assert.equal(story.refused({ type: 'RetryStep', step: 'a' }), 'run-aborting');
  assert.deepEqual(tell(story, 'a', applied), ['StepApplied a']);
  assert.deepEqual(tell(story, 'a', holds), ['StepConfirmed a', 'RunEnded aborted']);
  assert.equal(begun(story).end?.because, 'wrong target');
});

test('an aborted run with nothing in hand ends at once', () => {
  const story = started(step('a'), manual('b'));
  assert.deepEqual(story.when({ type: 'AbortRun', because: 'false alarm' }), [
    'RunAbortRequested',
    'RunEnded aborted',
  ]);
});

test('an aborted run does not wait for what only looks', () => {
  const looking = started(checkpoint('customers'));
  take(looking, 'customers');
  assert.deepEqual(looking.when({ type: 'AbortRun', because: 'stop' }), [
    'RunAbortRequested',
    'RunEnded aborted',
  ]);
  const verifying = started(step('a'), verification('a'));
  carryOut(verifying, 'a');
  take(verifying, 'verified');
  assert.deepEqual(verifying.when({ type: 'AbortRun', because: 'stop' }), [
    'RunAbortRequested',
    'RunEnded aborted',
  ]);
});

test('an attempt that fails, is lost or spends its time in an aborting run is not tried again', () => {
  const endings = [
    (story: ReturnType<typeof started>) => tell(story, 'a', failed('cannot-reach')),
    (story: ReturnType<typeof started>) =>
      story.when({ type: 'ReportLost', step: 'a', attempt: 1, node: 'node-1' }),
    (story: ReturnType<typeof started>) => story.pass(60_000),
  ];
  for (const ending of endings) {
    const story = started(step('a'));
    take(story, 'a');
    story.when({ type: 'AbortRun', because: 'stop' });
    assert.deepEqual(ending(story).slice(-2), ['StepBlocked a', 'RunEnded aborted']);
  }
});

test('a paused run can be aborted', () => {
  const story = started(step('a'));
  story.when({ type: 'PauseRun', because: 'look' });
  assert.deepEqual(story.when({ type: 'AbortRun', because: 'stop' }), [
    'RunAbortRequested',
    'RunEnded aborted',
  ]);
});

test('skipping needs a reason, and lets the run go on without the step', () => {
  const story = started(step('a'), step('b<a'));
  assert.equal(story.refused({ type: 'SkipStep', step: 'a', because: ' ' }), 'reason-missing');
  assert.deepEqual(story.when({ type: 'SkipStep', step: 'a', because: 'cache is empty' }, ada), [
    'StepSkipped a',
    'StepDispatched b',
  ]);
});

test('what is done or being done can not be skipped', () => {
  const story = started(step('a'), step('b<a'));
  take(story, 'a');
  assert.equal(story.refused({ type: 'SkipStep', step: 'a', because: 'no' }), 'step-running');
  tell(story, 'a', holds);
  assert.equal(story.refused({ type: 'SkipStep', step: 'a', because: 'no' }), 'step-done');
  assert.equal(story.refused({ type: 'SkipStep', step: 'ghost', because: 'no' }), 'no-such-step');
});

test('a step that is skipped before its turn does not let later ones overtake those before it', () => {
  const story = started(step('a'), step('b<a'), step('c<b'));
  assert.deepEqual(story.when({ type: 'SkipStep', step: 'b', because: 'not needed tonight' }), [
    'StepSkipped b',
  ]);
  assert.deepEqual(carryOut(story, 'a'), ['StepConfirmed a', 'StepDispatched c']);
});

test('a blocked step can be tried again, with a fresh timebox and fresh retries', () => {
  const story = started(step('a'));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  assert.deepEqual(story.when({ type: 'RetryStep', step: 'a' }, ada), [
    'StepRetried a',
    'StepDispatched a',
  ]);
  assert.equal(story.refused({ type: 'RetryStep', step: 'a' }, ben), 'step-not-blocked');
  assert.equal(stepIn(story, 'a').attempt, 2);
  take(story, 'a');
  assert.deepEqual(tell(story, 'a', failed('cannot-reach')), [
    'StepAttemptFailed a',
    'StepRetryPlanned a',
  ]);
});

test('a planned retry can be brought forward', () => {
  const story = started(step('a'));
  take(story, 'a');
  tell(story, 'a', failed('cannot-reach'));
  assert.deepEqual(story.when({ type: 'RetryStep', step: 'a' }), ['StepDispatched a']);
});

test('a blocked step can be confirmed by hand, with evidence', () => {
  const story = started(step('a'), step('b<a'));
  take(story, 'a');
  tell(story, 'a', failed('not-allowed'));
  assert.equal(story.refused({ type: 'ConfirmStep', step: 'a' }), 'evidence-missing');
  story.when({ type: 'ConfirmStep', step: 'a', evidence: 'set in the console' });
  assert.equal(stepIn(story, 'a').done, 'by-hand');
  assert.equal(stepIn(story, 'b').status, 'dispatched');
});

test('a step that nobody asked for can not be confirmed by hand', () => {
  const story = started(step('a'));
  assert.equal(
    story.refused({ type: 'ConfirmStep', step: 'a', evidence: 'done' }),
    'step-not-waiting',
  );
});

test('a verification can be skipped with a reason, but never confirmed by hand', () => {
  const story = started(verification(''));
  take(story, 'verified');
  tell(story, 'verified', failed('not-allowed'));
  assert.equal(
    story.refused({ type: 'ConfirmStep', step: 'verified', evidence: 'looks fine' }),
    'verification-by-hand',
  );
  assert.deepEqual(
    story.when({ type: 'SkipStep', step: 'verified', because: 'metrics are gone' }),
    ['StepSkipped verified', 'RunEnded rolled-back-not-verified'],
  );
});
