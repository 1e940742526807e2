// Policies by given, when, then: what each class of error leads to, by default and as a plan may say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  begun,
  failed,
  holds,
  started,
  step,
  stepIn,
  take,
  tell,
} from '../../testing/playbooks.ts';
import type { PlanOnFailure, Reaction } from '../plan/plan.ts';
import type { ErrorClass } from './events.ts';
import { SAFE_POLICY, errorClasses, policyOf, policyWords, unlikeDefault } from './policy.ts';
import { BACKOFF_MAX_MS, type Failure, JITTER, LOST_ATTEMPTS_MAX, afterFailure } from './retry.ts';

const safe = {
  'cannot-reach': 'retry',
  'timed-out': 'retry',
  'verification-failed': 'retry',
  'not-allowed': 'climb',
  refused: 'climb',
  cancelled: 'climb',
  'target-mismatch': 'stop',
} as const satisfies Record<ErrorClass, Reaction>;

const does = {
  retry: ['StepAttemptFailed a', 'StepRetryPlanned a'],
  climb: ['StepAttemptFailed a', 'StepBlocked a'],
  ask: ['StepAttemptFailed a', 'StepBlocked a'],
  stop: ['StepAttemptFailed a', 'StepBlocked a', 'RunPaused'],
} as const;

for (const each of errorClasses) {
  test(`unless the plan says otherwise, ${each} leads to ${safe[each]}`, () => {
    const story = started(step('a'));
    take(story, 'a');
    assert.deepEqual(tell(story, 'a', failed(each)), does[safe[each]]);
  });
  test(`a plan may say retry, climb, ask or stop for ${each}`, () => {
    for (const reaction of ['retry', 'climb', 'ask', 'stop'] as const) {
      const story = started(step('a', { onFailure: policyOf({ [each]: reaction }) }));
      take(story, 'a');
      assert.deepEqual(tell(story, 'a', failed(each)), does[reaction], reaction);
    }
  });
}

test('a step that stops the run lets nothing further begin until a person says so', () => {
  const story = started(step('a'), step('b'), step('c<b'));
  take(story, 'a');
  take(story, 'b');
  tell(story, 'a', failed('target-mismatch'));
  assert.equal(begun(story).status, 'paused');
  assert.deepEqual(tell(story, 'b', holds), ['StepConfirmed b']);
  assert.deepEqual(story.when({ type: 'ResumeRun' }), ['RunResumed', 'StepDispatched c']);
  assert.equal(stepIn(story, 'a').status, 'blocked');
});

test('two steps that stop the run in the same moment pause it once', () => {
  const onFailure = policyOf({ 'timed-out': 'stop' });
  const story = started(step('a', { onFailure }), step('b', { onFailure }));
  take(story, 'a');
  take(story, 'b');
  const told = story.pass(60_000);
  assert.deepEqual(told.filter((each) => each === 'RunPaused').length, 1);
  assert.equal(told.filter((each) => each.startsWith('StepBlocked')).length, 2);
});

test('a run that is being aborted is not paused by a step that would stop it', () => {
  const story = started(step('a'));
  take(story, 'a');
  story.when({ type: 'AbortRun', because: 'wrong' });
  assert.deepEqual(tell(story, 'a', failed('target-mismatch')), [
    'StepAttemptFailed a',
    'StepBlocked a',
    'RunEnded aborted',
  ]);
});

test('a spent timebox and a step that kills its nodes follow the policy too', () => {
  const onFailure = policyOf({ 'timed-out': 'stop', 'cannot-reach': 'stop' });
  const late = started(step('a', { onFailure }));
  take(late, 'a');
  late.pass(60_000);
  assert.equal(begun(late).status, 'paused');
  const deadly = started(step('a', { onFailure }));
  for (let lost = 1; lost <= LOST_ATTEMPTS_MAX; lost += 1) {
    take(deadly, 'a');
    deadly.when({ type: 'ReportLost', step: 'a', attempt: lost, node: 'node-1' });
  }
  assert.equal(begun(deadly).status, 'paused');
});

test('a later statement of the policy counts, class by class', () => {
  const policy = policyOf({ refused: 'stop', cancelled: 'ask' }, { refused: 'ask' });
  assert.deepEqual(policy, { ...SAFE_POLICY, refused: 'ask', cancelled: 'ask' });
  assert.deepEqual(unlikeDefault(policy), ['refused', 'cancelled']);
  assert.deepEqual(unlikeDefault(policyOf({ refused: 'climb' })), []);
});

test('a policy is told by what is not the default, or whole', () => {
  const told = (said: PlanOnFailure, times = 3, all = false): string =>
    policyWords(
      step('a', {
        onFailure: policyOf(said),
        work: {
          type: 'state',
          uses: 'x/y',
          system: 'x',
          desired: {},
          retry: { times, backoffMs: 2_000 },
        },
      }),
      all,
    );
  assert.equal(told({}), '');
  assert.equal(told({ refused: 'ask', 'timed-out': 'retry' }), 'refused ask');
  assert.equal(told({}, 1), 'tried again once, first after 2 s');
  assert.equal(told({}, 0), 'never tried again');
  assert.equal(
    told({ refused: 'stop' }, 5, true),
    'cannot-reach retry, not-allowed climb, target-mismatch stop, timed-out retry, refused stop, ' +
      'verification-failed retry, cancelled climb, tried again 5 times, first after 2 s',
  );
});

function wait(over: Partial<Failure>, backoffMs = 1_000): number {
  const failure: Failure = { run: 7, step: 'a', attempt: 1, class: 'timed-out', failures: 1 };
  const patience = { times: 9_000, backoffMs };
  const next = afterFailure({ ...failure, ...over }, SAFE_POLICY, patience, 0);
  return next.type === 'retry' ? next.dueAt : Number.NaN;
}

test('retries wait about twice as long each time, and end in a block', () => {
  const story = started(step('a'));
  const waits: number[] = [];
  take(story, 'a');
  while (stepIn(story, 'a').status !== 'blocked') {
    tell(story, 'a', failed('cannot-reach'));
    const { dueAt, status } = stepIn(story, 'a');
    if (status !== 'retrying') continue;
    waits.push((dueAt ?? 0) - story.now);
    story.pass(waits.at(-1) ?? 0);
    take(story, 'a');
  }
  assert.equal(waits.length, 2);
  for (const [index, planned] of [1_000, 2_000].entries())
    assert.ok(Math.abs((waits[index] ?? 0) - planned) <= planned * JITTER, waits.join());
});

test('a wait is spread by a quarter of itself, evenly, and the same whenever it is decided again', () => {
  const attempts = Array.from({ length: 2_000 }, (_, index) => index + 1);
  const waits = attempts.map((attempt) => wait({ attempt: attempt }));
  assert.deepEqual(
    attempts.map((attempt) => wait({ attempt: attempt })),
    waits,
  );
  assert.ok(Math.min(...waits) >= 750 && Math.max(...waits) <= 1_250);
  const quarters = [0, 1, 2, 3].map(
    (quarter) =>
      waits.filter((each) => Math.min(3, Math.floor((each - 750) / 125)) === quarter).length,
  );
  // 500 are expected in each; five standard deviations are 97.
  for (const count of quarters) assert.ok(Math.abs(count - 500) < 97, quarters.join());
});

test('steps that failed together do not come back together', () => {
  const together = ['a', 'b', 'c', 'd'].map((each) => wait({ step: each }));
  assert.equal(new Set(together).size, together.length);
});

test('no wait between retries is longer than its bound, however often it failed', () => {
  const longest = wait({ failures: 4_000 });
  assert.ok(longest >= BACKOFF_MAX_MS * (1 - JITTER) && longest <= BACKOFF_MAX_MS * (1 + JITTER));
  assert.equal(wait({ failures: 4_000 }, 0), 0);
});
