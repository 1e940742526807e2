// Questions and their answers by given, when, then: people, silence, two who answer, holds, and what a run's end leaves open.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person } from '../../../testing/given.ts';
import { blind, breach, heal, known, trigger, watched } from '../../../testing/migrations.ts';
import { HOLD_DEFAULT_MS } from './answers.ts';

const ada = person('ada');
const ben = person('ben');

test('who approves starts the run, in their name', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  assert.deepEqual(story.when({ type: 'Approve', because: 'orders fail', newRun: 7 }, ada), [
    'DecisionMade 1',
  ]);
  const made = story.events.at(-1);
  assert.ok(made?.body.type === 'DecisionMade');
  assert.deepEqual(
    [made.actor, made.body.how, made.body.because, made.body.run],
    [ada, 'person', 'orders fail', 7],
  );
});

test('of two who answer the same question the first wins, and the second hears who it was', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  story.when({ type: 'Approve', decision: 1, newRun: 7 }, ada);
  const second = story.ask({ type: 'Hold', decision: 1, forMs: 60_000 }, ben);
  assert.deepEqual(second, {
    type: 'rejected',
    code: 'decided-already',
    because: 'Decision 1 was made by ada already: roll-back, run 7.',
  });
});

test('who answers a question that something else overtook hears what decided it', () => {
  const story = watched([trigger('slow', 'review'), trigger('errors', 'automatic')]);
  breach(story, 'slow');
  breach(story, 'errors');
  const late = story.ask({ type: 'Approve', decision: 1, newRun: 8 }, ben);
  assert.deepEqual(late, {
    type: 'rejected',
    code: 'decided-already',
    because: 'Decision 1 was overtaken by decision 2, made by errors already: roll-back, run 7.',
  });
});

test('an answer without a number means the only question, and is refused when there are several or none', () => {
  const story = watched([trigger('errors', 'review'), trigger('slow', 'review')]);
  assert.equal(story.refused({ type: 'Approve', newRun: 7 }), 'no-question');
  assert.equal(story.refused({ type: 'Approve', decision: 5, newRun: 7 }), 'no-such-question');
  breach(story, 'errors', 'slow');
  assert.equal(story.refused({ type: 'Approve', newRun: 7 }), 'which-question');
  assert.deepEqual(story.when({ type: 'Approve', decision: 2, newRun: 7 }, ada), [
    'DecisionMade 2',
    'DecisionOvertaken 1',
  ]);
});

test('silence rolls back when the plan says so, once, at the deadline', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  assert.deepEqual(story.pass(299_999), []);
  assert.deepEqual(story.pass(1), ['DecisionMade 1']);
  assert.equal(known(story).activeRun, 99);
  assert.equal(known(story).made[0]?.how, 'silence');
  assert.deepEqual(story.pass(3_600_000), []);
});

test('silence holds when the plan says so, and the question comes again while the breach is there', () => {
  const review = { by: 'technical', withinMs: 300_000, silence: 'hold' } as const;
  const story = watched([trigger('errors', 'review', { review })]);
  breach(story, 'errors');
  assert.deepEqual(story.pass(300_000), ['DecisionMade 1']);
  assert.equal(known(story).made[0]?.answer, 'hold');
  assert.deepEqual(story.pass(HOLD_DEFAULT_MS), ['HoldEnded errors', 'DecisionWanted 2']);
});

test('when two questions run out at one instant, one run is started', () => {
  const story = watched([trigger('errors', 'review'), trigger('slow', 'review')]);
  breach(story, 'errors', 'slow');
  assert.deepEqual(story.pass(300_000), ['DecisionMade 1', 'DecisionOvertaken 2']);
});

test('a hold is asked again when it is over, with the evidence, if the trigger has not cleared', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  story.when({ type: 'Hold', forMs: 120_000, because: 'deploy is ending' }, ada);
  assert.deepEqual(story.pass(119_999), []);
  assert.deepEqual(story.pass(1), ['HoldEnded errors', 'DecisionWanted 2']);
  assert.deepEqual(known(story).questions[0]?.evidence, { errors: { value: 0.04 } });
});

test('a hold whose trigger has cleared meanwhile is not asked again', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  story.when({ type: 'Hold', forMs: 120_000 });
  heal(story, 'errors');
  assert.deepEqual(story.pass(3_600_000), ['HoldEnded errors']);
});

test('a hold whose trigger has cleared and can not see now is not asked again where blindness holds', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  story.when({ type: 'Hold', forMs: 120_000 });
  heal(story, 'errors');
  blind(story, 'errors');
  assert.deepEqual(story.pass(3_600_000), ['HoldEnded errors']);
});

test('what a person holds, an automatic trigger does not overrule', () => {
  const story = watched([trigger('errors', 'automatic')], { atMost: { count: 0, perMs: 1 } });
  breach(story, 'errors');
  story.when({ type: 'Hold', forMs: 120_000 }, ada);
  heal(story, 'errors');
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors']);
  assert.deepEqual(story.pass(120_000), ['HoldEnded errors', 'DecisionWanted 2']);
});

test('dismissing needs a reason, and ends the question for this breach', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  assert.equal(story.refused({ type: 'Dismiss', because: ' ' }), 'reason-missing');
  assert.deepEqual(story.when({ type: 'Dismiss', because: 'load test' }), ['DecisionMade 1']);
  assert.deepEqual(story.pass(3_600_000), []);
});

test('clearing leaves the question open, and an approval after it says so', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  heal(story, 'errors');
  assert.equal(known(story).questions.length, 1);
  story.when({ type: 'Approve', because: 'do not trust it', newRun: 7 }, ada);
  assert.equal(known(story).made[0]?.because, 'do not trust it (cleared before the answer)');
});

test('an approval of a question that blindness asked is not said to have cleared', () => {
  const story = watched([trigger('errors', 'review', { blind: { type: 'review' } })]);
  blind(story, 'errors');
  story.when({ type: 'Approve', because: 'we fly blind', newRun: 7 }, ada);
  assert.equal(known(story).made[0]?.because, 'we fly blind');
});

test('a person starts a run without being asked, and all questions are overtaken by it', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  const order = {
    type: 'OrderRun',
    playbook: 'full',
    because: 'phones ring',
    kind: 'live',
    newRun: 7,
  } as const;
  assert.deepEqual(story.when(order, ada), ['DecisionMade 2', 'DecisionOvertaken 1']);
  assert.equal(story.refused({ ...order, newRun: 8 }, ben), 'run-under-way');
});

test('a breach during a run is recorded beside it and starts nothing', () => {
  const story = watched([trigger('errors', 'automatic'), trigger('slow', 'review')]);
  breach(story, 'errors');
  assert.deepEqual(breach(story, 'slow'), ['TriggerBreached slow']);
  assert.deepEqual(heal(story, 'slow'), ['TriggerCleared slow']);
});

for (const outcome of ['aborted', 'rolled-back-not-verified'] as const) {
  test(`a run that ended ${outcome} asks again at once while its trigger is breached`, () => {
    const story = watched([trigger('errors', 'automatic')]);
    breach(story, 'errors');
    assert.deepEqual(story.when({ type: 'FinishRun', run: 7, outcome }), [
      `RunFinished ${outcome}`,
      'DecisionWanted 2',
    ]);
    assert.match(
      known(story).questions[0]?.because ?? '',
      new RegExp(`run 7 ended ${outcome}; trigger errors has not cleared`),
    );
  });
}

test('after a verified run signals have time to clear, and what has not cleared then asks again', () => {
  const story = watched([trigger('errors', 'automatic'), trigger('drift', 'review')]);
  breach(story, 'errors');
  breach(story, 'drift');
  assert.deepEqual(story.when({ type: 'FinishRun', run: 7, outcome: 'rolled-back-verified' }), [
    'RunFinished rolled-back-verified',
  ]);
  heal(story, 'errors');
  assert.deepEqual(story.pass(HOLD_DEFAULT_MS), [
    'HoldEnded errors',
    'HoldEnded drift',
    'DecisionWanted 2',
  ]);
  assert.equal(known(story).questions[0]?.trigger, 'drift');
});

test('the end of a run is told once', () => {
  const story = watched([trigger('errors', 'automatic')]);
  breach(story, 'errors');
  story.when({ type: 'FinishRun', run: 7, outcome: 'aborted' });
  assert.deepEqual(story.when({ type: 'FinishRun', run: 7, outcome: 'aborted' }), []);
  assert.deepEqual(story.when({ type: 'FinishRun', run: 5, outcome: 'aborted' }), []);
});

const drill = {
  type: 'OrderRun',
  playbook: 'full',
  because: 'rehearsal',
  kind: 'drill',
  newRun: 7,
} as const;

test('a breach during a drill asks instead of being lost, and is answered when the drill is out of the way', () => {
  const story = watched([trigger('errors', 'automatic')]);
  story.when(drill, ada);
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionWanted 2']);
  assert.match(known(story).questions[0]?.because ?? '', /run 7, a drill, has the target/);
  assert.equal(story.refused({ type: 'Approve', newRun: 8 }, ada), 'run-under-way');
  story.when({ type: 'FinishRun', run: 7, outcome: 'aborted' });
  assert.deepEqual(story.when({ type: 'Approve', newRun: 8 }, ada), ['DecisionMade 2']);
});

test('silence during a drill holds, says why, and asks again', () => {
  const story = watched([trigger('errors', 'review')]);
  story.when(drill, ada);
  breach(story, 'errors');
  assert.deepEqual(story.pass(300_000), ['DecisionMade 2']);
  assert.match(
    known(story).made[0]?.because ?? '',
    /roll-back, but run 7, a drill, has the target/,
  );
  assert.deepEqual(story.pass(HOLD_DEFAULT_MS), ['HoldEnded errors', 'DecisionWanted 3']);
});

test('a drill counts for no guard, and does not begin while a question waits', () => {
  const story = watched([trigger('errors', 'automatic'), trigger('slow', 'review')], {
    cooldownMs: 1_800_000,
    atMost: { count: 1, perMs: 21_600_000 },
  });
  story.when(drill, ada);
  story.when({ type: 'FinishRun', run: 7, outcome: 'rolled-back-verified' });
  breach(story, 'slow');
  assert.equal(story.refused({ ...drill, newRun: 8 }, ada), 'question-open');
  assert.deepEqual(breach(story, 'errors'), [
    'TriggerBreached errors',
    'DecisionMade 3',
    'DecisionOvertaken 2',
  ]);
});
