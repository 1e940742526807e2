// How a run looks on a terminal, at each kind of moment, without a terminal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkpoint,
  manual,
  type RunStory,
  started,
  step,
  verification,
} from '../../testing/playbooks.ts';
import { NEVER_TIMED } from '../../core/rollback/durations.ts';
import { person } from '../../testing/given.ts';
import { widthOf } from './lines.ts';
import { renderRun } from './run.ts';

process.env['TZ'] = 'UTC';

const plain = { color: false, ascii: false, width: 80 };
const shown = (story: RunStory, look = plain, durations = NEVER_TIMED): string =>
  renderRun(story.state, { ...look, now: story.now }, durations).join('\n');

function begun(...ids: readonly string[]): RunStory {
  const story = started(
    step('stop-writes'),
    step('carry<stop-writes'),
    manual('look<stop-writes'),
    checkpoint('ok'),
    verification('carry,look'),
  );
  for (const id of ids) story.when({ type: 'BeginAttempt', step: id, attempt: 1, node: 'node-1' });
  return story;
}

test('what is left is foreseen, and the steps on which the end hangs bear a star', () => {
  const text = shown(begun());
  assert.match(text, /left 3:00 at the most, by timeboxes: never timed/);
  assert.match(text, /○ stop-writes\*/);
  const work = 'flags/flag on flags';
  const tookMs = Array.from({ length: 100 }, () => 2_000);
  const steps = ['stop-writes', 'carry'].map((name) => ({ step: name, work, tookMs }));
  const timed = shown(begun(), plain, { runs: 1, drills: 99, steps });
  assert.match(
    timed,
    /left p50 \d+:\d\d, p90 \d+:\d\d \(1 live run, 99 drills; ok, look, verified never/,
  );
});

test('a run that has just begun says what it is, why, and what waits', () => {
  const text = shown(begun());
  assert.match(text, /^LIVE {2}run 7: /);
  assert.match(text, /○ stop-writes/);
  assert.match(text, /○ carry/);
});

test('a step at work shows its time against its timebox, and what is being changed', () => {
  const story = begun('stop-writes');
  story.when({
    type: 'ReportObserved',
    step: 'stop-writes',
    attempt: 1,
    evidence: null,
    change: 'on -> off',
  });
  story.wait(12_000);
  assert.match(shown(story), /▶ stop-writes 0:12 of 1:00 \(on -> off\)/);
});

test('what was already so, done and skipped can be told apart by shape and word', () => {
  const story = begun('stop-writes');
  story.when({
    type: 'ReportResult',
    step: 'stop-writes',
    attempt: 1,
    result: { type: 'holds', evidence: null },
  });
  story.when({ type: 'SkipStep', step: 'look', because: 'seen before' }, person('ada'));
  const text = shown(story);
  assert.match(text, /= stop-writes already so/);
  assert.match(text, /◇ look skipped/);
});

test('a manual step says whose it is, what to do and what to type', () => {
  const story = begun('stop-writes');
  story.when({
    type: 'ReportResult',
    step: 'stop-writes',
    attempt: 1,
    result: { type: 'holds', evidence: null },
  });
  const text = shown(story);
  assert.match(text, /◐ technical, look is yours: Call the bank\./);
  assert.match(text, /^ {4}backout run step confirm 7 look --evidence "what you saw"$/m);
});

test('a blocked step is said loudly with every way on', () => {
  const story = begun('stop-writes');
  story.when({
    type: 'ReportResult',
    step: 'stop-writes',
    attempt: 1,
    result: { type: 'failed', class: 'not-allowed', because: 'the token has expired' },
  });
  const text = shown(story);
  assert.match(text, /▲ stop-writes blocked/);
  assert.match(text, /▲ stop-writes is blocked.*the token has expired/);
  for (const verb of ['step retry', 'step confirm', 'step skip', 'abort'])
    assert.match(text, new RegExp(`backout run ${verb} 7`));
});

test('a pause says so, and how to go on', () => {
  const story = begun('stop-writes');
  story.when({ type: 'PauseRun', because: 'lunch' }, person('ada'));
  assert.match(shown(story), /◐ Paused: no further step begins\.\n {4}backout run resume 7/);
});

test('an aborted run says why it ended, and no longer asks for anything', () => {
  const story = begun();
  story.when({ type: 'AbortRun', because: 'wrong playbook' }, person('ada'));
  const text = shown(story);
  assert.match(text, /▲ aborted at \d\d:\d\d:\d\d/);
  assert.match(text, /wrong playbook/);
  assert.doesNotMatch(text, /backout run step/);
});

test('with --ascii there is no other letter, and without colour no code', () => {
  const text = shown(begun('stop-writes'), { ...plain, ascii: true });
  // oxlint-disable-next-line no-control-regex
  assert.match(text, /^[\x20-\x7e\n]*$/);
  assert.match(text, />> stop-writes/);
});

test('no line is ever wider than the terminal, whatever the width and the moment', () => {
  const moments: readonly (() => RunStory)[] = [
    () => begun(),
    () => begun('stop-writes'),
    () => {
      const story = begun('stop-writes');
      story.when({
        type: 'ReportResult',
        step: 'stop-writes',
        attempt: 1,
        result: { type: 'failed', class: 'refused', because: 'x'.repeat(200) },
      });
      return story;
    },
  ];
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 200 }),
      fc.constantFrom(...moments),
      fc.boolean(),
      (width, moment, color) => {
        const story = moment();
        const look = { color, ascii: false, width, now: story.now };
        for (const line of renderRun(story.state, look, NEVER_TIMED))
          assert.ok(widthOf(line) <= width, line);
      },
    ),
  );
});

test('after a ring the terminal says what the looks say, and a ring that was worse how to go on or to undo it', () => {
  const story = started(
    step('before', { work: { type: 'measure', signals: ['errors'] } }),
    step('route<before'),
    step('look<route', {
      owner: 'owner',
      ownerOnly: true,
      work: {
        type: 'worsening',
        ring: { stage: 'traffic', number: 2, of: 3, share: 0.5 },
        checks: ['login'],
        signals: [],
        before: 'before',
        soakMs: 60_000,
        forMs: 10_000,
        failuresMax: null,
        steps: ['route'],
      },
    }),
    step('mail<look'),
  );
  for (const id of ['before', 'route']) {
    story.when({ type: 'BeginAttempt', step: id, attempt: 1, node: 'node-1' });
    story.when({
      type: 'ReportResult',
      step: id,
      attempt: 1,
      result: { type: 'holds', evidence: null },
    });
  }
  story.when({ type: 'BeginAttempt', step: 'look', attempt: 1, node: 'node-1' });
  const look = (says: 'good' | 'worse'): unknown =>
    story.when({
      type: 'ReportRing',
      step: 'look',
      attempt: 1,
      says,
      because: says === 'worse' ? 'login does not hold' : '',
      evidence: null,
      gaplessSince: 0,
      lookedAt: story.now,
    });
  look('good');
  story.wait(12_000);
  assert.match(shown(story), /look not worse 0:12 of 1:00/);
  look('worse');
  story.wait(4_000);
  assert.match(shown(story), /look worse for 0:04/);
  story.wait(6_000);
  look('worse');
  const text = shown(story, { ...plain, width: 120 });
  assert.match(text, /Worse after ring 2 of 3 \(50 %\) of traffic: login does not hold/);
  assert.match(text, /backout run step overrule 7 look --because/);
  assert.match(text, /backout run abort 7 --because "…"\n +backout undo 7 --from before --because/);
  assert.doesNotMatch(text, /step skip 7 look/);
});
