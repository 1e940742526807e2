// The verification by given, when, then: it holds without a gap for as long as declared, or the run is not verified.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type RunStory,
  applied,
  begun,
  failed,
  holds,
  started,
  step,
  stepIn,
  take,
  tell,
  verification,
  carryOut,
} from '../../testing/playbooks.ts';

/** A run whose only step is done and whose verification a node has begun. */
function verifying(): RunStory {
  const story = started(step('a'), verification('a'));
  carryOut(story, 'a');
  take(story, 'verified');
  return story;
}

function look(
  story: RunStory,
  good: boolean,
  gaplessSince: number,
  lookedAt?: number,
): readonly string[] {
  const { attempt } = stepIn(story, 'verified');
  return story.when({
    type: 'ReportVerification',
    attempt,
    holds: good,
    evidence: { login: good },
    gaplessSince,
    ...(lookedAt === undefined ? {} : { lookedAt }),
  });
}

test('a run is verified when all checks hold for as long as declared', () => {
  const story = verifying();
  const since = story.now;
  assert.deepEqual(look(story, true, since), ['VerificationHeld']);
  story.pass(59_999);
  assert.deepEqual(look(story, true, since), []);
  story.pass(1);
  assert.deepEqual(look(story, true, since), [
    'StepConfirmed verified',
    'RunEnded rolled-back-verified',
  ]);
});

test('the time that the news of a look was under way is no time in which the checks were seen to hold', () => {
  const story = verifying();
  const since = story.now;
  look(story, true, since);
  story.pass(50_000);
  const lookedAt = story.now;
  // The journal was away: what was seen after 50 s arrives after 70.
  story.pass(20_000);
  assert.deepEqual(look(story, true, since, lookedAt), []);
  assert.deepEqual(look(story, true, since, lookedAt + 10_000), [
    'StepConfirmed verified',
    'RunEnded rolled-back-verified',
  ]);
});

test('a check that breaks once makes the time begin anew', () => {
  const story = verifying();
  const since = story.now;
  look(story, true, since);
  story.pass(50_000);
  assert.deepEqual(look(story, false, since), ['VerificationBroken']);
  assert.deepEqual(look(story, false, since), []);
  story.pass(1_000);
  assert.deepEqual(look(story, true, since), ['VerificationHeld']);
  story.pass(59_999);
  assert.deepEqual(look(story, true, since), []);
  story.pass(1);
  assert.deepEqual(look(story, true, since), [
    'StepConfirmed verified',
    'RunEnded rolled-back-verified',
  ]);
});

test('a gap in looking is not holding', () => {
  const story = verifying();
  look(story, true, story.now);
  story.pass(90_000);
  const since = story.now - 1_000;
  assert.deepEqual(look(story, true, since), []);
  story.pass(59_000);
  assert.deepEqual(look(story, true, since), [
    'StepConfirmed verified',
    'RunEnded rolled-back-verified',
  ]);
});

test('a node that takes the verification over looks for the whole time itself', () => {
  const story = verifying();
  const since = story.now;
  look(story, true, since);
  story.pass(59_000);
  story.when({ type: 'ReportLost', step: 'verified', attempt: 1, node: 'node-1' });
  take(story, 'verified', 'node-2');
  assert.equal(begun(story).holdingSince, null);
  const again = story.now;
  assert.deepEqual(look(story, true, again), ['VerificationHeld']);
  story.pass(59_999);
  assert.deepEqual(look(story, true, again), []);
});

test('looks of an attempt that no longer counts decide nothing', () => {
  const story = verifying();
  story.when({ type: 'ReportLost', step: 'verified', attempt: 1, node: 'node-1' });
  const late = {
    type: 'ReportVerification',
    attempt: 1,
    holds: true,
    evidence: {},
    gaplessSince: 0,
  } as const;
  assert.equal(story.refused(late), 'attempt-stale');
});

test('a verification that never held ends the run as not verified when its time is spent', () => {
  const story = verifying();
  look(story, false, story.now);
  assert.deepEqual(story.pass(600_000), ['RunEnded rolled-back-not-verified']);
  assert.match(begun(story).end?.because ?? '', /did not all hold/);
});

test('a verification that holds too briefly at the end is not verified', () => {
  const story = verifying();
  story.pass(590_000);
  look(story, true, story.now);
  assert.deepEqual(story.pass(10_000), ['RunEnded rolled-back-not-verified']);
  assert.match(begun(story).end?.because ?? '', /not yet for as long/);
});

test('checks that can not be made are looked at again until the time is spent, and then the run is not verified', () => {
  const story = verifying();
  const end = story.now + 600_000;
  while (begun(story).status !== 'ended') {
    assert.ok(story.now <= end);
    tell(story, 'verified', failed('cannot-reach'));
    story.pass(6_250);
    if (begun(story).status === 'ended') break;
    if (stepIn(story, 'verified').status === 'dispatched') take(story, 'verified');
  }
  assert.equal(begun(story).end?.outcome, 'rolled-back-not-verified');
});

test('the time of a verification runs on while no node takes it over', () => {
  const story = verifying();
  story.when({ type: 'ReportLost', step: 'verified', attempt: 1, node: 'node-1' });
  assert.equal(story.pass(600_000).at(-1), 'RunEnded rolled-back-not-verified');
});

test('no single result makes a run verified, only looks over time', () => {
  const story = verifying();
  const { attempt } = stepIn(story, 'verified');
  const report = { type: 'ReportResult', step: 'verified', attempt } as const;
  assert.equal(story.refused({ ...report, result: holds }), 'verification-by-looks');
  assert.equal(story.refused({ ...report, result: applied }), 'verification-by-looks');
});

test('a run whose playbook has no verification takes no news of one', () => {
  const story = started(step('a'));
  const news = {
    type: 'ReportVerification',
    attempt: 1,
    holds: true,
    evidence: {},
    gaplessSince: 0,
  } as const;
  assert.equal(story.refused(news), 'attempt-stale');
});
