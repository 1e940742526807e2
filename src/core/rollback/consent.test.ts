// The consent to a step that destroys, by given, when, then: the typed name, the second person, and what voids it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person, storyOf } from '../../testing/given.ts';
import {
  begun,
  holds,
  type RunStory,
  startRun,
  step,
  stepIn,
  take,
  tell,
} from '../../testing/playbooks.ts';
import { hasConsent } from './consent.ts';
import { runAggregate } from './run.ts';
import { tellRun } from './told.ts';
import { waitsFor } from './waits.ts';

const ada = person('ada');
const ben = person('ben');

/** A run that Ada ordered, whose step would destroy copies. */
function destroying(): RunStory {
  const { work } = step('x');
  assert.ok(work.type === 'state');
  const node = step('drop', { work: { ...work, destructive: { names: 'copies', atMost: 100 } } });
  const story = storyOf(runAggregate, { type: 'Tick' });
  const order = startRun({ nodes: [node] });
  assert.ok(order.type === 'StartRun');
  story.when({ ...order, orderedBy: 'ada' });
  return story;
}

function want(story: RunStory, touches: number): readonly string[] {
  take(story, 'drop');
  const { attempt } = stepIn(story, 'drop');
  const evidence = { rows: touches };
  return story.when({ type: 'ReportConsentWanted', step: 'drop', attempt, touches, evidence });
}

const consent = (typed: string) => ({ type: 'ConsentStep', step: 'drop', typed }) as const;

test('a step that destroys waits, says how much it would destroy, and goes on when a second person types the name', () => {
  const story = destroying();
  assert.deepEqual(want(story, 12), ['StepConsentWanted drop']);
  const [wait] = waitsFor(begun(story));
  assert.match(wait?.sentence ?? '', /would destroy 12 in copies/);
  assert.equal(wait?.orders[0], 'backout run step consent 7 drop --type copies');
  assert.deepEqual(story.when(consent(' copies '), ben), [
    'StepConsented drop',
    'StepDispatched drop',
  ]);
  const said = story.events.map((event) =>
    tellRun(event, { clock: () => '', nodeOf: (node: string) => node }),
  );
  assert.ok(
    said.some(({ words }) => words === 'ben consents: drop may destroy up to 12 in copies'),
  );
  take(story, 'drop');
  assert.equal(stepIn(story, 'drop').attempt, 2);
  tell(story, 'drop', holds);
  assert.equal(begun(story).status, 'ended');
});

test('the wrong name, the person who ordered the run, and a step that waits for nobody are refused', () => {
  const story = destroying();
  assert.equal(story.refused(consent('copies'), ben), 'consent-not-wanted');
  want(story, 12);
  for (const typed of ['', 'copie', 'Copies', 'yes'])
    assert.equal(story.refused(consent(typed), ben), 'consent-mismatch');
  assert.equal(story.refused(consent('copies'), ada), 'second-person-wanted');
  assert.equal(story.refused(consent('copies'), person(' ADA')), 'second-person-wanted');
});

test('consent is to what was shown: fewer need none again, more are asked for again', () => {
  const story = destroying();
  want(story, 12);
  story.when(consent('copies'), ben);
  assert.ok(hasConsent(stepIn(story, 'drop'), 12));
  assert.ok(hasConsent(stepIn(story, 'drop'), 3));
  assert.ok(!hasConsent(stepIn(story, 'drop'), 13));
  want(story, 13);
  assert.ok(!hasConsent(stepIn(story, 'drop'), 3), 'asked again, the old consent is void');
  assert.deepEqual(story.when(consent('copies'), ben), [
    'StepConsented drop',
    'StepDispatched drop',
  ]);
  assert.equal(stepIn(story, 'drop').attempt, 3);
});

test('how long the second person takes is not the time of the step, but it is overdue when it is long', () => {
  const story = destroying();
  want(story, 12);
  assert.deepEqual(story.pass(60_000), ['StepOverdue drop']);
  story.wait(3_600_000);
  story.when(consent('copies'), ben);
  take(story, 'drop');
  assert.equal(stepIn(story, 'drop').startedAt, story.now);
  assert.equal(stepIn(story, 'drop').overdue, false);
});

test('an attempt that no longer counts asks nobody for consent', () => {
  const story = destroying();
  want(story, 12);
  const late = { type: 'ReportConsentWanted', step: 'drop', attempt: 1, touches: 9 } as const;
  assert.equal(story.refused({ ...late, evidence: null }), 'attempt-stale');
  story.when({ type: 'AbortRun', because: 'no' }, ada);
  assert.equal(begun(story).status, 'ended');
});
