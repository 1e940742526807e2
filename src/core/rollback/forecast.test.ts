// What is foreseen of a run: from measurements where there are some, from timeboxes where there are none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applied,
  begun,
  failed,
  holds,
  manual,
  started,
  step,
  take,
  tell,
  verification,
} from '../../testing/playbooks.ts';
import { type Durations, NEVER_TIMED, durationsOf, timedOf } from './durations.ts';
import { tellAgainstRto, tellForecast, tellWaiting } from './forecast-told.ts';
import { forecast } from './forecast.ts';
import type { GraphNode } from './graph.ts';
import type { BegunRun } from './state.ts';

/** Nothing has begun, and these were the durations of a hundred drills. */
function before(
  nodes: readonly GraphNode[],
  took: { readonly [step: string]: readonly number[] },
): ReturnType<typeof forecast> {
  const durations = { runs: 0, drills: 100, steps: timed(took) };
  return forecast({ graph: { nodes }, durations, now: 0 });
}

/** What was measured of the steps that `step` makes. */
function timed(took: { readonly [step: string]: readonly number[] }): Durations['steps'] {
  return Object.entries(took).map(([name, tookMs]) => ({
    step: name,
    work: 'flags/flag on flags',
    tookMs,
  }));
}

const hundredOf = (ms: number): readonly number[] => Array.from({ length: 100 }, () => ms);

test('before any history the timeboxes are the forecast, and it says so', () => {
  const nodes = [step('a'), step('b<a'), step('c<a')];
  const seen = forecast({ graph: { nodes }, durations: NEVER_TIMED, rtoMs: 100_000, now: 0 });
  assert.equal(seen.basis, 'timeboxes');
  assert.equal(seen.p50Ms, 120_000);
  assert.equal(seen.p90Ms, 120_000);
  assert.equal(seen.insideRto, 0);
  assert.equal(tellForecast(seen), '2:00 at the most, by timeboxes: never timed');
  assert.equal(tellAgainstRto(seen), 'the timeboxes do not fit the RTO');
});

test('a verification that goes well takes as long as it must hold, not as long as it may be tried', () => {
  const seen = before([step('a'), verification('a')], {});
  assert.equal(seen.p90Ms, 120_000);
});

test('parallel steps take as long as the longer one, which is the critical one', () => {
  const nodes = [step('a'), step('fast<a'), step('slow<a'), step('z<fast,slow')];
  const seen = before(nodes, {
    a: hundredOf(1_000),
    fast: hundredOf(2_000),
    slow: hundredOf(9_000),
    z: hundredOf(1_000),
  });
  assert.equal(seen.p50Ms, 11_000);
  assert.deepEqual(seen.critical, ['a', 'slow', 'z']);
  assert.equal(seen.basis, 'measured');
  assert.match(tellForecast(seen), /^p50 0:11, p90 0:\d\d \(100 drills\)$/);
});

test('the P90 keeps room for what was never seen as long as little was seen', () => {
  const once = before([step('a')], { a: [1_000] });
  const often = before([step('a')], { a: hundredOf(1_000) });
  assert.ok(once.p90Ms > 40_000, String(once.p90Ms));
  assert.equal(often.p90Ms, 1_000);
});

test('what takes longer than ever measured is no longer expected to end as it used to', () => {
  const story = started(step('a'));
  take(story, 'a');
  const durations = { runs: 100, drills: 0, steps: timed({ a: hundredOf(2_000) }) };
  const at = (now: number): ReturnType<typeof forecast> => {
    const run = begun(story);
    return forecast({ graph: run.graph, run, durations, now });
  };
  assert.equal(at(story.now + 500).p50Ms, 1_500);
  const late = at(story.now + 10_000);
  assert.ok(late.p50Ms > 15_000, String(late.p50Ms));
  assert.ok(late.p90Ms < 50_000, 'the timebox bounds it');
});

test('the share inside the RTO counts the time that is gone already', () => {
  const story = started(step('a'));
  story.wait(50_000);
  const run = begun(story);
  const durations = { runs: 100, drills: 0, steps: timed({ a: hundredOf(9_000) }) };
  const seen = forecast({ graph: run.graph, run, durations, rtoMs: 60_000, now: story.now });
  assert.ok((seen.insideRto ?? 0) > 0.98, String(seen.insideRto));
  assert.equal(tellAgainstRto(seen), 'inside the RTO in 99 %');
  const later = forecast({
    graph: run.graph,
    run,
    durations,
    rtoMs: 60_000,
    now: story.now + 5_000,
  });
  assert.equal(later.insideRto, 0);
});

test('how long people take is not foreseen, and that is said', () => {
  const story = started(manual('call'));
  const run = begun(story);
  const seen = forecast({ graph: run.graph, run, durations: NEVER_TIMED, now: story.now });
  assert.equal(tellWaiting(seen), 'not counting how long people take at call');
});

test('nothing is left of a run that has ended', () => {
  const run = endedRun(3_000);
  const seen = forecast({ graph: run.graph, run, durations: NEVER_TIMED, now: 9e15 });
  assert.equal(seen.p90Ms, 0);
  assert.deepEqual(seen.unmeasured, []);
});

/** A run of one step that was applied in so long. */
function endedRun(ms: number): BegunRun {
  const story = started(step('a'));
  take(story, 'a');
  story.when({ type: 'ReportObserved', step: 'a', attempt: 1, evidence: {} });
  tell(story, 'a', applied);
  story.wait(ms);
  tell(story, 'a', holds);
  return begun(story);
}

test('a step is timed by the runs that changed something, in the same place', () => {
  const measured = durationsOf([endedRun(3_000), endedRun(1_000)]);
  assert.deepEqual(measured, { runs: 2, drills: 0, steps: timed({ a: [1_000, 3_000] }) });
  assert.deepEqual(timedOf(measured, step('a')), [1_000, 3_000]);
  assert.deepEqual(timedOf(measured, step('b')), []);
  const elsewhere = step('a', {
    work: {
      type: 'state',
      uses: 'http/holds',
      system: 'router',
      desired: {},
      retry: { times: 0, backoffMs: 0 },
    },
  });
  assert.deepEqual(timedOf(measured, elsewhere), []);
});

test('what was so already, was skipped or has not ended is no measurement', () => {
  const already = started(step('a'));
  take(already, 'a');
  already.wait(20);
  tell(already, 'a', holds);
  const skipped = started(step('a'));
  take(skipped, 'a');
  tell(skipped, 'a', failed('refused'));
  skipped.when({ type: 'SkipStep', step: 'a', because: 'not needed' });
  const underWay = started(step('a'), step('b<a'));
  const runs = [already, skipped, underWay].map(begun);
  assert.deepEqual(durationsOf(runs), { runs: 2, drills: 0, steps: [] });
});
