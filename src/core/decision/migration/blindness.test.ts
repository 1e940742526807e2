// What blindness leads to, by given, when, then: hold, review, roll back, ignore until a date; and a source that is out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blind, breach, heal, known, trigger, watched } from '../../../testing/migrations.ts';

test('blindness holds by default: it is recorded, and nothing else', () => {
  const story = watched([trigger('errors', 'automatic')]);
  assert.deepEqual(blind(story, 'errors'), ['TriggerBlinded errors']);
  assert.deepEqual(story.pass(3_600_000), []);
  assert.deepEqual(heal(story, 'errors'), ['TriggerSighted errors']);
});

test('blindness that is to be reviewed asks, and its silence holds', () => {
  const story = watched([trigger('errors', 'automatic', { blind: { type: 'review' } })]);
  assert.deepEqual(blind(story, 'errors'), ['TriggerBlinded errors', 'DecisionWanted 1']);
  assert.equal(known(story).questions[0]?.silence, 'hold');
  assert.match(known(story).questions[0]?.because ?? '', /blind \(no-data\)/);
});

test('blindness that rolls back says that it was blindness, never that a limit was passed', () => {
  const story = watched([trigger('errors', 'automatic', { blind: { type: 'roll-back' } })]);
  assert.deepEqual(blind(story, 'errors'), ['TriggerBlinded errors', 'DecisionMade 1']);
  assert.match(known(story).made[0]?.because ?? '', /is blind \(no data\)/);
});

test('a trigger in review is asked, not acted on, when blindness rolls back', () => {
  const story = watched([trigger('errors', 'review', { blind: { type: 'roll-back' } })]);
  blind(story, 'errors');
  assert.match(known(story).questions[0]?.because ?? '', /blind/);
});

for (const type of ['hold', 'review', 'roll-back'] as const) {
  test(`a source that is out never rolls back by itself where blindness means ${type}`, () => {
    const story = watched([trigger('errors', 'automatic', { blind: { type } })]);
    blind(story, 'errors', 'source-out');
    story.pass(7_200_000);
    blind(story, 'errors', 'no-data');
    story.pass(7_200_000);
    assert.equal(known(story).activeRun, null);
    assert.ok(known(story).made.every((made) => made.answer === 'hold'));
  });
}

test('blindness is ignored until its date, and asks on that day', () => {
  const story = watched([trigger('errors', 'automatic')]);
  const until = story.now + 86_400_000;
  const ignoring = watched([trigger('errors', 'automatic', { blind: { type: 'ignore', until } })]);
  assert.deepEqual(blind(ignoring, 'errors'), ['TriggerBlinded errors']);
  assert.deepEqual(ignoring.pass(86_399_999), []);
  assert.deepEqual(ignoring.pass(1), ['TriggerBlinded errors', 'DecisionWanted 1']);
});

test('blindness that ended before its date asks nobody', () => {
  const story = watched([
    trigger('errors', 'automatic', { blind: { type: 'ignore', until: Date.UTC(2026, 11, 1) } }),
  ]);
  blind(story, 'errors');
  heal(story, 'errors');
  assert.deepEqual(story.pass(30 * 86_400_000), []);
});

test('a breach counts also while blindness is ignored', () => {
  const story = watched([
    trigger('errors', 'automatic', { blind: { type: 'ignore', until: Date.UTC(2026, 11, 1) } }),
  ]);
  blind(story, 'errors');
  assert.deepEqual(breach(story, 'errors'), [
    'TriggerSighted errors',
    'TriggerBreached errors',
    'DecisionMade 1',
  ]);
});

test('blindness clears no breach, and sight of the same breach is no second one', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  assert.deepEqual(blind(story, 'errors'), ['TriggerBlinded errors']);
  assert.equal(known(story).standing['errors']?.breach, 1);
  assert.deepEqual(breach(story, 'errors'), ['TriggerSighted errors']);
});

for (const mode of ['advise', 'shadow'] as const) {
  test(`blindness of a trigger that may only ${mode} asks nobody`, () => {
    const until = Date.UTC(2026, 10, 29);
    const story = watched([
      trigger('errors', mode, { blind: { type: 'roll-back' } }),
      trigger('slow', mode, { blind: { type: 'ignore', until } }),
    ]);
    assert.deepEqual(blind(story, 'errors'), ['TriggerBlinded errors']);
    blind(story, 'slow');
    assert.deepEqual(story.pass(7 * 86_400_000), ['TriggerBlinded slow']);
  });
}
