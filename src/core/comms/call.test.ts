// Calls in words: who is called to what, what they can type, and what comes when they are silent.
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
import { type CallEvent, peopleCalled, writeCall } from './call.ts';

const people = {
  owner: 'technical',
  ladder: [{ role: 'technical', people: ['ben'], afterMs: 0 }],
  contingency: { role: 'security', people: ['chi'], afterMs: 30_000 },
};

/** The newest call of a story, as a notice. */
function written(story: RunStory): {
  readonly event: CallEvent;
  readonly notice: ReturnType<typeof writeCall>;
} {
  const event = story.events.map(({ body }) => body).findLast(isCall);
  if (event === undefined) throw new Error('Nobody was called.');
  return { event, notice: writeCall('shop', begun(story), event, story.now) };
}

function isCall(body: RunStory['events'][number]['body']): body is CallEvent {
  return ['StepCalled', 'StepHandedOver', 'StepOverdue'].includes(body.type);
}

test('a call to a blocked step says why, every way on, and who comes next', () => {
  const story = started(step('a', people));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  const { notice, event } = written(story);
  assert.equal(notice?.subject, '[shop] Run 7 calls technical (ben): a is blocked');
  assert.match(
    notice.text,
    /^a is blocked and waits for technical \(ben\): it said refused\nIf nobody answers by 2026-11-28 01:00 UTC: security \(chi\) must answer for it\.\nbackout run step take 7 a\nbackout run step retry 7 a\n/,
  );
  assert.deepEqual(peopleCalled(begun(story), event), ['ben']);
});

test('a hand-over says who did not answer, and reaches who answers now', () => {
  const story = started(step('a', people));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  story.pass(30_000);
  const { notice, event } = written(story);
  assert.equal(
    notice?.subject,
    '[shop] Run 7: a goes to security (chi), for technical did not answer',
  );
  assert.deepEqual(peopleCalled(begun(story), event), ['chi']);
});

test('the alarm of an overdue step reaches who answers for it; a step that blocks is called for and rings no alarm', () => {
  const byHand = started({ ...manual('a'), ladder: people.ladder });
  byHand.pass(60_000);
  const { notice, event } = written(byHand);
  assert.equal(notice?.subject, '[shop] OVERDUE: run 7 still waits: a is to be done by hand');
  assert.deepEqual(peopleCalled(begun(byHand), event), ['ben']);
  const spent = started(step('a', people));
  take(spent, 'a');
  spent.pass(60_000);
  const overdue = { type: 'StepOverdue', step: 'a' } as const;
  assert.equal(writeCall('shop', begun(spent), overdue, spent.now), undefined);
});

test('two calls of one rung are two notices, and a call to a step that went on is none', () => {
  const story = started(step('a', { ...people, contingency: people.contingency }));
  take(story, 'a');
  tell(story, 'a', failed('refused'));
  const first = written(story).notice?.id;
  story.when({ type: 'TakeStep', step: 'a' }, person('ben'));
  story.pass(60_000);
  const { event, notice } = written(story);
  assert.notEqual(notice?.id, first);
  story.when({ type: 'RetryStep', step: 'a' });
  assert.equal(writeCall('shop', begun(story), event, story.now), undefined);
});
