// Ladders by given, when, then: who is called when, who takes a step, and who answers when the owner is silent.
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
  stepIn,
  take,
  tell,
} from '../../testing/playbooks.ts';
import type { GraphNode } from './graph.ts';
import { policyOf } from './policy.ts';

const ladder = [
  { role: 'technical', people: ['ben', 'eva'], afterMs: 0 },
  { role: 'owner', people: ['ada'], afterMs: 300_000 },
  { role: 'cto', people: ['cto'], afterMs: 900_000 },
];
const contingency = { role: 'security', people: ['chi'], afterMs: 30_000 };
const people = { owner: 'technical', ladder, contingency };
const minute = 60_000;

/** A step that is blocked because the system said no. */
function blocked(over: Partial<GraphNode> = { owner: 'technical', ladder }): RunStory {
  const story = started(step('a', over));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  return story;
}

/** The roles that were called so far, in order. */
function called(story: RunStory): readonly string[] {
  return story.events.flatMap(({ body }) => (body.type === 'StepCalled' ? [body.role] : []));
}

test('a blocked step calls its owner at once, and the rungs of its ladder in their time', () => {
  const story = blocked();
  assert.deepEqual(called(story), ['technical']);
  story.pass(5 * minute - 1);
  assert.deepEqual(called(story), ['technical']);
  assert.deepEqual(story.pass(1), ['StepCalled a']);
  story.pass(10 * minute);
  assert.deepEqual(called(story), ['technical', 'owner', 'cto']);
  assert.deepEqual(story.pass(24 * 60 * minute), [], 'a ladder has an end');
});

test('what was called too late for, because nobody looked, is called at the next look', () => {
  const story = blocked();
  story.wait(20 * minute);
  assert.deepEqual(story.when({ type: 'Tick' }), ['StepCalled a', 'StepCalled a']);
  assert.deepEqual(called(story), ['technical', 'owner', 'cto']);
});

test('a step whose policy is to ask calls its owner and nobody else', () => {
  const story = blocked({ owner: 'technical', ladder, onFailure: policyOf({ refused: 'ask' }) });
  story.pass(60 * minute);
  assert.deepEqual(called(story), ['technical']);
});

test('a step that stops the run is called for although the run is paused', () => {
  const story = blocked({ owner: 'technical', ladder, onFailure: policyOf({ refused: 'stop' }) });
  assert.equal(begun(story).status, 'paused');
  assert.deepEqual(called(story), ['technical']);
  story.pass(5 * minute);
  assert.deepEqual(called(story), ['technical', 'owner']);
});

test('whoever takes a step ends the climbing for as long as its timebox', () => {
  const story = blocked({ owner: 'technical', ladder, timeboxMs: 20 * minute });
  story.pass(minute);
  assert.deepEqual(story.when({ type: 'TakeStep', step: 'a' }, person('eva')), [
    'StepAcknowledged a',
  ]);
  story.pass(20 * minute - 1);
  assert.deepEqual(called(story), ['technical']);
  story.pass(1);
  assert.deepEqual(
    called(story),
    ['technical', 'owner'],
    'she fell silent: the next one is called',
  );
  story.pass(10 * minute);
  assert.deepEqual(called(story), ['technical', 'owner', 'cto'], 'rungs keep their distance');
});

test('saying twice that one takes a step gives no second timebox; another person does', () => {
  const story = blocked();
  story.when({ type: 'TakeStep', step: 'a' }, person('eva'));
  story.pass(30_000);
  assert.deepEqual(story.when({ type: 'TakeStep', step: 'a' }, person('eva')), []);
  assert.deepEqual(story.when({ type: 'TakeStep', step: 'a' }, person('ben')), [
    'StepAcknowledged a',
  ]);
  story.pass(30_000);
  assert.deepEqual(called(story), ['technical']);
  story.pass(30_000);
  assert.deepEqual(called(story), ['technical', 'owner']);
});

test('when the last one of the ladder takes a step and falls silent, the ladder begins again, once for each word', () => {
  const story = blocked();
  story.pass(15 * minute);
  story.when({ type: 'TakeStep', step: 'a' }, person('cto'));
  story.pass(24 * 60 * minute);
  const once = ladder.map(({ role }) => role);
  assert.deepEqual(called(story), [...once, ...once]);
});

test('a step that goes on is called for no more', () => {
  for (const order of [
    { type: 'RetryStep', step: 'a' },
    { type: 'ConfirmStep', step: 'a', evidence: 'seen' },
    { type: 'SkipStep', step: 'a', because: 'so' },
  ] as const) {
    const story = blocked();
    story.when(order);
    story.pass(60 * minute);
    assert.deepEqual(called(story), ['technical'], order.type);
  }
});

test('a step that is blocked again climbs its ladder from the beginning', () => {
  const story = blocked();
  story.pass(5 * minute);
  story.when({ type: 'RetryStep', step: 'a' });
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  story.pass(5 * minute);
  assert.deepEqual(called(story), ['technical', 'owner', 'technical', 'owner']);
});

test('an owner who is silent hands over to the contingency', () => {
  const story = blocked({ ...people, ladder: ladder.slice(0, 1) });
  story.pass(29_999);
  assert.equal(stepIn(story, 'a').handedOver, null);
  assert.deepEqual(story.pass(1), ['StepHandedOver a']);
  assert.deepEqual(stepIn(story, 'a').handedOver, { role: 'security', people: ['chi'] });
  assert.deepEqual(story.pass(60 * minute), [], 'it is handed over once');
});

test('an owner who takes the step keeps it, until they fall silent too', () => {
  const story = blocked({ ...people, ladder: ladder.slice(0, 1) });
  story.pass(20_000);
  story.when({ type: 'TakeStep', step: 'a' }, person('ben'));
  story.pass(59_999);
  assert.equal(stepIn(story, 'a').handedOver, null);
  assert.deepEqual(story.pass(1), ['StepCalled a', 'StepHandedOver a']);
});

test('once a step was handed over, the contingency is called first when it blocks again', () => {
  const story = blocked(people);
  story.pass(30_000);
  story.when({ type: 'RetryStep', step: 'a' });
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  assert.deepEqual(called(story), ['technical', 'security']);
});

test('a manual step asks its owner, and climbs its ladder from the moment when it is overdue', () => {
  const story = started({ ...manual('a'), ladder });
  assert.deepEqual(called(story), ['technical']);
  assert.deepEqual(story.pass(minute), ['StepOverdue a']);
  story.pass(5 * minute - 1);
  assert.deepEqual(called(story), ['technical']);
  story.pass(1);
  assert.deepEqual(called(story), ['technical', 'owner']);
});

test('a manual step that somebody is at is overdue all the same, and then nobody else is called yet', () => {
  const story = started({ ...manual('a'), ladder });
  story.pass(50_000);
  story.when({ type: 'TakeStep', step: 'a' }, person('ben'));
  assert.deepEqual(story.pass(10_000), ['StepOverdue a']);
  assert.deepEqual(story.pass(49_999), []);
  assert.deepEqual(story.pass(1), ['StepCalled a']);
  assert.deepEqual(called(story), ['technical', 'owner']);
});

test('a run that is being aborted or has ended calls nobody', () => {
  const story = started(step('a', people), step('b'));
  take(story, 'a');
  take(story, 'b');
  tell(story, 'a', failed('refused'));
  story.when({ type: 'AbortRun', because: 'wrong' });
  assert.equal(story.refused({ type: 'TakeStep', step: 'a' }), 'run-aborting');
  assert.deepEqual(story.pass(60 * minute), ['StepOverdue b', 'StepBlocked b', 'RunEnded aborted']);
});

test('only what waits for people can be taken', () => {
  const story = started(step('a'));
  assert.equal(story.refused({ type: 'TakeStep', step: 'a' }), 'step-not-waiting');
  assert.equal(story.refused({ type: 'TakeStep', step: 'ghost' }), 'no-such-step');
});

test('a run that an older Backout began has no ladders, and calls nobody', () => {
  const story = blocked({});
  assert.deepEqual(story.pass(60 * minute), []);
});
