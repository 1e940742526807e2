// What a run waits for, in words: whom, by which orders they can answer, and what comes when nobody does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person } from '../../testing/given.ts';
import {
  type RunStory,
  begun,
  failed,
  manual,
  started,
  step,
  take,
  tell,
} from '../../testing/playbooks.ts';
import { fold } from '../journal/aggregate.ts';
import { runAggregate } from './run.ts';
import { type Wait, waitsFor } from './waits.ts';

const people = {
  owner: 'technical',
  ladder: [
    { role: 'technical', people: ['ben', 'eva'], afterMs: 0 },
    { role: 'ada', people: ['ada'], afterMs: 300_000 },
  ],
  contingency: { role: 'security', people: ['chi'], afterMs: 30_000 },
};

function only(story: RunStory): Wait {
  const [wait, ...others] = waitsFor(begun(story));
  assert.ok(wait !== undefined && others.length === 0);
  return wait;
}

test('a blocked step names who is waited for, why, and who comes next at what time', () => {
  const story = started(step('a', people));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  const from = story.now;
  assert.equal(
    only(story).sentence,
    'a is blocked and waits for technical (ben, eva): it said refused',
  );
  assert.deepEqual(only(story).otherwise, {
    at: from + 30_000,
    words: 'security (chi) must answer for it',
  });
  story.pass(30_000);
  assert.equal(only(story).who, 'security (chi)');
  assert.deepEqual(only(story).otherwise, { at: from + 300_000, words: 'ada is called' });
  story.pass(270_000);
  assert.deepEqual(only(story).otherwise, {
    at: null,
    words: 'nobody else is called, and the run waits',
  });
});

test('between a block and its first call, which comes at once, silence already leads to what is after it', () => {
  const story = started(step('a', people));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  const called = story.events.findIndex(({ body }) => body.type === 'StepCalled');
  const before = fold(runAggregate.evolve, runAggregate.initial, story.events.slice(0, called));
  assert.ok(before.type === 'run');
  assert.equal(waitsFor(before)[0]?.otherwise.words, 'security (chi) must answer for it');
});

test('a step that somebody took says who is at it, and what comes when they fall silent', () => {
  const story = started(step('a', people));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  assert.ok(only(story).orders.includes('backout run step take 7 a'));
  story.when({ type: 'TakeStep', step: 'a' }, person('eva'));
  assert.equal(only(story).sentence, 'a is blocked, and eva is at it: it said refused');
  assert.deepEqual(only(story).otherwise, {
    at: story.now + 60_000,
    words: 'ada is called, security (chi) must answer for it',
  });
  assert.ok(!only(story).orders.includes('backout run step take 7 a'));
});

test('a manual step says what to do, until when, and that it is overdue', () => {
  const story = started({ ...manual('a'), ladder: people.ladder });
  assert.equal(only(story).sentence, 'technical (ben, eva), a is yours: Call the bank.');
  assert.deepEqual(only(story).otherwise, { at: story.now + 60_000, words: 'it is overdue' });
  story.pass(60_000);
  assert.equal(only(story).mark, 'bad');
  assert.equal(
    only(story).sentence,
    'technical (ben, eva), a is yours: Call the bank. It is overdue.',
  );
  assert.deepEqual(only(story).otherwise, { at: story.now + 300_000, words: 'ada is called' });
});

test('a run that is being aborted waits for its attempts and for nobody', () => {
  const story = started(step('a', people), step('b'));
  take(story, 'a');
  take(story, 'b');
  tell(story, 'a', failed('refused'));
  story.when({ type: 'AbortRun', because: 'wrong' });
  assert.deepEqual(
    waitsFor(begun(story)).map((wait) => wait.for),
    ['its attempt', 'its attempt'],
  );
});
