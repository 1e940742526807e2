// The threshold detector against the conformance cases of the design, each named by the trap that others fall into.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignalReading } from '../sample.ts';
import type { SignalStatus } from './detector.ts';
import { type ThresholdRule, type ThresholdState, threshold } from './threshold.ts';

/** Above 2 % for 1 min, clears below 1 % for 2 min, read every 5 s, blind after 30 s. */
const rule: ThresholdRule = {
  type: 'threshold',
  direction: 'above',
  limit: 0.02,
  clearsAt: 0.01,
  forMs: 60_000,
  clearForMs: 120_000,
  atLeast: 1,
  everyMs: 5_000,
  blindAfterMs: 30_000,
};

/** Any instant: it must not matter. */
const from = Date.UTC(2026, 10, 28, 1);

/** What came at one instant: a number, no data, an error, or a comparison that may not be made. */
type Came = number | 'gap' | 'out';

function times(count: number, came: Came): readonly Came[] {
  return Array.from({ length: count }, () => came);
}

function readingOf(came: Came, at: number): SignalReading {
  if (typeof came === 'number') return { type: 'number', at, value: came };
  return came === 'gap'
    ? { type: 'no-data', at, because: 'empty' }
    : { type: 'error', at, because: 'refused' };
}

/** The state of the signal after each instant. */
function judged(came: readonly Came[], by: Partial<ThresholdRule> = {}): readonly SignalStatus[] {
  const own = { ...rule, ...by };
  let state = threshold.start(own);
  return came.map((each, index) => {
    const at = from + index * own.everyMs;
    const judgement = threshold.judge(own, state, readingOf(each, at), at);
    state = judgement.state;
    return judgement.status;
  });
}

/** Which states there were, each as often as it came in a row: `6 healthy, 1 suspect`. */
function course(came: readonly Came[], by: Partial<ThresholdRule> = {}): string {
  const runs: { status: SignalStatus; count: number }[] = [];
  for (const status of judged(came, by)) {
    const last = runs.at(-1);
    if (last?.status === status) last.count += 1;
    else runs.push({ status, count: 1 });
  }
  return runs.map((run) => `${run.count} ${run.status}`).join(', ');
}

const cases: readonly {
  readonly name: string;
  readonly came: readonly Came[];
  readonly course: string;
  readonly by?: Partial<ThresholdRule>;
}[] = [
  {
    name: '1: almost a minute of bad readings is a suspicion, and is over a minute after the last of them',
    came: [...times(12, 0.01), ...times(11, 0.03), ...times(13, 0.01)],
    course: '12 healthy, 22 suspect, 2 healthy',
  },
  {
    name: '2: a breach needs a whole minute from the first bad reading to the newest',
    came: times(13, 0.03),
    course: '12 suspect, 1 breached',
  },
  {
    name: '3: one missing reading does not make the time begin anew',
    came: [...times(6, 0.03), 'gap', ...times(7, 0.03)],
    course: '13 suspect, 1 breached',
  },
  {
    name: '4: a minute of which too little is known is not a breach',
    came: [...times(6, 0.03), ...times(4, 'gap'), ...times(3, 0.03)],
    course: '13 suspect',
  },
  {
    name: '4b: and what was not known long ago does not delay the breach after it',
    came: [0.03, ...times(4, 'gap'), ...times(13, 0.03)],
    course: '17 suspect, 1 breached',
  },
  {
    name: '5: between the two limits a breach stays',
    came: [...times(13, 0.03), ...times(120, 0.015)],
    course: '12 suspect, 121 breached',
  },
  {
    name: '6: two minutes under the clear limit end a breach',
    came: [...times(13, 0.03), ...times(26, 0.005)],
    course: '12 suspect, 1 breached, 24 clearing, 2 healthy',
  },
  {
    name: '7: a breach that almost cleared is still the same breach',
    came: [...times(13, 0.03), ...times(12, 0.005), 0.015, 0.03, ...times(25, 0.005)],
    course: '12 suspect, 1 breached, 12 clearing, 2 breached, 24 clearing, 1 healthy',
  },
  {
    name: '8: silence is blindness, neither health nor a breach',
    came: [...times(10, 0.01), ...times(7, 'gap')],
    course: '15 healthy, 2 blind',
  },
  {
    name: '9: an hour of silence does not clear a breach',
    came: [...times(13, 0.03), ...times(720, 'gap'), 0.03],
    course: '12 suspect, 6 breached, 715 blind, 1 breached',
  },
  {
    name: '10: after blindness a breach clears only by its own clear time',
    came: [...times(13, 0.03), ...times(120, 'gap'), ...times(25, 0.005)],
    course: '12 suspect, 6 breached, 115 blind, 24 clearing, 1 healthy',
  },
  {
    name: '10b: after blindness without a breach one good reading is health',
    came: [...times(3, 0.01), ...times(120, 'gap'), 0.005],
    course: '8 healthy, 115 blind, 1 healthy',
  },
  {
    name: '10c: a suspicion before blindness is still one after it',
    came: [...times(3, 0.03), ...times(120, 'gap'), 0.005],
    course: '8 suspect, 115 blind, 1 suspect',
  },
  {
    name: '11: a source that refuses for half an hour makes blind, never breached',
    came: [...times(6, 0.01), ...times(360, 'out')],
    course: '11 healthy, 355 blind',
  },
  {
    name: '13: what is no number is no data',
    came: [...times(10, Number.NaN), ...times(2, Infinity), ...times(2, -Infinity)],
    course: '6 healthy, 8 blind',
  },
  {
    name: 'bad readings before and after blindness do not add up to a breach',
    came: [...times(12, 0.03), ...times(10, 'gap'), ...times(12, 0.03), 0.03],
    course: '17 suspect, 5 blind, 12 suspect, 1 breached',
  },
  {
    name: 'a limit without a duration is breached by the first bad reading and cleared by the first good one',
    came: [0.01, 0.03, 0.005],
    course: '1 healthy, 1 breached, 1 healthy',
    by: { forMs: 0, clearForMs: 0 },
  },
  {
    name: 'a breach may need several readings even without a duration',
    came: [0.03, 0.03, 0.03],
    course: '2 suspect, 1 breached',
    by: { forMs: 0, clearForMs: 0, atLeast: 3 },
  },
  {
    name: 'a limit to fall below works the same upside down',
    came: [...times(13, 0.5), ...times(3, 0.95), ...times(25, 1)],
    course: '12 suspect, 4 breached, 24 clearing, 1 healthy',
    by: { direction: 'below', limit: 0.9, clearsAt: 0.99 },
  },
  {
    name: 'exactly at the limit is not beyond it, and exactly at the clear limit is clear',
    came: [0.02, 0.03, 0.01],
    course: '1 healthy, 1 breached, 1 healthy',
    by: { forMs: 0, clearForMs: 0 },
  },
  {
    name: 'a flicker of missing readings at four fifths known is enough',
    came: Array.from({ length: 40 }, (_, index) => (index % 5 === 4 ? 'gap' : 0.03)),
    course: '15 suspect, 25 breached',
  },
];

for (const { name, came, course: expected, by } of cases) {
  test(`case ${name}`, () => {
    assert.equal(course(came, by), expected);
  });
}

/** Judges readings that come when they come. */
function judgedAt(readings: readonly (readonly [now: number, at: number, value: number])[]): {
  readonly status: SignalStatus;
  readonly state: ThresholdState;
} {
  let state = threshold.start(rule);
  let status: SignalStatus = 'healthy';
  for (const [now, at, value] of readings) {
    const judgement = threshold.judge(
      rule,
      state,
      { type: 'number', at: from + at, value },
      from + now,
    );
    ({ state, status } = judgement);
  }
  return { status, state };
}

test('case 23: a late reading changes no verdict', () => {
  const before = judgedAt([[5_000, 5_000, 0.01]]);
  const after = judgedAt([
    [5_000, 5_000, 0.01],
    [21_000, 4_000, 0.9],
  ]);
  assert.deepEqual(after, before);
});

test('case 24: the same reading three times is counted once', () => {
  const once = Array.from(
    { length: 12 },
    (_, index) => [index * 5_000, index * 5_000, 0.03] as const,
  );
  assert.deepEqual(judgedAt(once.flatMap((each) => [each, each, each])), judgedAt(once));
});

test('case 24b: two samplers at once, half an instant apart, do not make a breach come sooner', () => {
  const doubled = Array.from(
    { length: 24 },
    (_, index) => [index * 2_400, index * 2_400, 0.03] as const,
  );
  assert.equal(judgedAt(doubled).status, 'suspect');
});

test('case 25: of two values for one instant the first stays', () => {
  const first = judgedAt([[0, 0, 0.01]]);
  assert.deepEqual(
    judgedAt([
      [0, 0, 0.01],
      [0, 0, 0.05],
    ]),
    first,
  );
});

test('case 26: a reading from the future is not judged and blinds nobody to those that follow', () => {
  const readings = [
    [0, 0, 0.01],
    [5_000, 95_000, 0.01],
    [10_000, 10_000, 0.03],
  ] as const;
  assert.equal(judgedAt(readings).status, 'suspect');
});

test('case 30: a source that serves its last value for ever is blind when that value is old', () => {
  const stuck = Array.from({ length: 8 }, (_, index) => [index * 5_000, 0, 0.01] as const);
  assert.equal(judgedAt(stuck).status, 'blind');
});

test('a time that nobody judged is no part of a streak', () => {
  const before = Array.from(
    { length: 12 },
    (_, index) => [index * 5_000, index * 5_000, 0.03] as const,
  );
  assert.equal(judgedAt([...before, [3_600_000, 3_600_000, 0.03]]).status, 'suspect');
});

test('an unsteady pulse makes no difference', () => {
  const jitter = [0, 700, -400, 900, -800, 300];
  const came = Array.from({ length: 14 }, (_, index) => {
    const at = index * 5_000 + (jitter[index % jitter.length] ?? 0);
    return [at, at, 0.03] as const;
  });
  assert.equal(judgedAt(came.slice(0, 12)).status, 'suspect');
  assert.equal(judgedAt(came).status, 'breached');
});

test('the state stays small whatever comes', () => {
  let state = threshold.start(rule);
  for (let index = 0; index < 5_000; index += 1) {
    const at = from + index * 5_000;
    const came = index % 3 === 0 || index % 7 === 0 ? 'gap' : 0.03;
    ({ state } = threshold.judge({ ...rule, forMs: 86_400_000 }, state, readingOf(came, at), at));
  }
  assert.ok(JSON.stringify(state).length < 4_096);
});

test('the evidence says what was seen, against what, and since when', () => {
  const { evidence } = threshold.judge(
    rule,
    threshold.start(rule),
    { type: 'number', at: from, value: 0.03 },
    from,
  );
  assert.deepEqual(evidence, {
    value: 0.03,
    at: from,
    above: 0.02,
    forMs: 60_000,
    clearsAt: 0.01,
    since: from,
  });
});
