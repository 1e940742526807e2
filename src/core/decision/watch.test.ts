// The watch: from readings of several signals to verdicts of triggers, in three-valued logic, and what it tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trigger } from '../../testing/migrations.ts';
import { type Condition, type Truth, judgeCondition } from './condition.ts';
import type { SignalReading } from './sample.ts';
import type { Trigger, Verdict } from './trigger.ts';
import { type Change, type Watch, emptyWatch, judgeReadings } from './watch.ts';

const from = Date.UTC(2026, 10, 28, 1);

/** A rule that the first bad reading breaches: above 2. */
function above(leaf: string, signal: string): Condition & { type: 'rule' } {
  return {
    type: 'rule',
    leaf,
    signal,
    rule: {
      type: 'threshold',
      direction: 'above',
      limit: 2,
      clearsAt: 1,
      forMs: 0,
      clearForMs: 0,
      atLeast: 1,
      everyMs: 5_000,
      blindAfterMs: 30_000,
    },
  };
}

function number(value: number, at: number): SignalReading {
  return { type: 'number', at: from + at, value };
}

/** A watch that a test feeds. */
function watching(triggers: readonly Trigger[]) {
  let watch: Watch = emptyWatch;
  return {
    see(
      at: number,
      readings: { readonly [signal: string]: SignalReading },
      armed = triggers,
    ): readonly Change[] {
      const judged = judgeReadings(armed, watch, readings, from + at);
      watch = judged.watch;
      return judged.changes;
    },
    get watch() {
      return watch;
    },
  };
}

function verdicts(changes: readonly Change[]): readonly Verdict['type'][] {
  return changes.flatMap((change) => (change.type === 'verdict' ? [change.verdict.type] : []));
}

const members = ['a', 'b', 'c'].map((name) => above(name, name));
const truths: readonly {
  readonly case: string;
  readonly of: Condition;
  readonly says: readonly Truth[];
  readonly is: Truth;
}[] = [
  {
    case: '48: at least 2 of bad, blind, ok',
    of: { type: 'at-least', count: 2, of: members },
    says: ['bad', 'unknown', 'good'],
    is: 'unknown',
  },
  {
    case: '48: at least 2 of bad, bad, blind',
    of: { type: 'at-least', count: 2, of: members },
    says: ['bad', 'bad', 'unknown'],
    is: 'bad',
  },
  {
    case: '48: at least 2 of bad, ok, ok',
    of: { type: 'at-least', count: 2, of: members },
    says: ['bad', 'good', 'good'],
    is: 'good',
  },
  {
    case: '49: all of bad, blind',
    of: { type: 'at-least', count: 2, of: members.slice(0, 2) },
    says: ['bad', 'unknown'],
    is: 'unknown',
  },
  {
    case: 'all of ok, blind',
    of: { type: 'at-least', count: 2, of: members.slice(0, 2) },
    says: ['good', 'unknown'],
    is: 'good',
  },
  {
    case: 'any of bad, blind',
    of: { type: 'at-least', count: 1, of: members.slice(0, 2) },
    says: ['bad', 'unknown'],
    is: 'bad',
  },
  {
    case: 'any of ok, blind',
    of: { type: 'at-least', count: 1, of: members.slice(0, 2) },
    says: ['good', 'unknown'],
    is: 'unknown',
  },
  {
    case: 'what no version judges yet',
    of: { type: 'not-judged', because: 'later' },
    says: [],
    is: 'unknown',
  },
];

for (const each of truths) {
  test(`case ${each.case} is ${each.is}`, () => {
    const of = each.of;
    assert.equal(
      judgeCondition(of, (name) => each.says[['a', 'b', 'c'].indexOf(name)] ?? 'unknown'),
      each.is,
    );
  });
}

test('a verdict is told once when it changes, with what every signal said', () => {
  const watched = watching([trigger('errors', 'automatic', { when: above('errors', 'rate') })]);
  assert.deepEqual(verdicts(watched.see(0, { rate: number(1, 0) })), ['healthy']);
  assert.deepEqual(watched.see(5_000, { rate: number(1, 5_000) }), []);
  const [signal, verdict] = watched.see(10_000, { rate: number(3, 10_000) });
  assert.ok(signal?.type === 'signal' && verdict?.type === 'verdict');
  assert.deepEqual([signal.from, signal.to], ['healthy', 'breached']);
  assert.deepEqual(verdict.verdict, { type: 'breached', why: 'condition' });
  assert.deepEqual(verdict.evidence['errors'], {
    signal: 'rate',
    status: 'breached',
    value: 3,
    at: from + 10_000,
    above: 2,
    forMs: 0,
    clearsAt: 1,
    since: from + 10_000,
  });
  assert.deepEqual(watched.see(15_000, { rate: number(3, 15_000) }), []);
});

test('a quorum is breached by two of three, and blind when it can not be known', () => {
  const when: Condition = { type: 'at-least', count: 2, of: members };
  const watched = watching([trigger('errors', 'automatic', { when })]);
  const ok = (at: number) => ({ a: number(1, at), b: number(1, at), c: number(1, at) });
  watched.see(0, ok(0));
  assert.deepEqual(verdicts(watched.see(5_000, { ...ok(5_000), a: number(3, 5_000) })), []);
  assert.deepEqual(
    verdicts(watched.see(10_000, { ...ok(10_000), a: number(3, 10_000), b: number(3, 10_000) })),
    ['breached'],
  );
});

test('one trigger reads the same signal by several rules', () => {
  const when: Condition = {
    type: 'at-least',
    count: 2,
    of: [above('x/1', 'rate'), above('x/2', 'rate')],
  };
  const watched = watching([trigger('x', 'automatic', { when })]);
  assert.deepEqual(verdicts(watched.see(0, { rate: number(3, 0) })), ['breached']);
});

test('a source that refuses is told apart from one that has nothing to say', () => {
  const causes = (['error', 'no-data'] as const).map((type) => {
    const watched = watching([trigger('errors', 'automatic', { when: above('errors', 'rate') })]);
    watched.see(0, { rate: number(1, 0) });
    const changes = watched.see(30_000, { rate: { type, at: from + 30_000, because: 'so' } });
    return changes.flatMap((change) => (change.type === 'verdict' ? [change.verdict] : []));
  });
  assert.deepEqual(causes, [
    [{ type: 'blind', cause: 'source-out' }],
    [{ type: 'blind', cause: 'no-data' }],
  ]);
});

test('a signal that nobody reads turns blind while others are read, and never counts as data that is missing', () => {
  const watched = watching([
    trigger('errors', 'automatic', { when: above('errors', 'rate') }),
    trigger('drift', 'automatic', { when: above('drift', 'gap') }),
  ]);
  const told: Change[] = [];
  for (let at = 0; at <= 40_000; at += 5_000)
    told.push(...watched.see(at, { rate: number(1, at) }));
  assert.deepEqual(
    told.flatMap((change) =>
      change.type === 'verdict' && change.trigger === 'drift' ? [change.verdict] : [],
    ),
    [{ type: 'healthy' }, { type: 'blind', cause: 'source-out' }],
  );
});

test('when nobody ran the watch, its own absence is held against no signal', () => {
  const watched = watching([
    trigger('errors', 'automatic', { when: above('errors', 'rate') }),
    trigger('drift', 'automatic', { when: above('drift', 'gap') }),
  ]);
  watched.see(0, { rate: number(1, 0), gap: number(1, 0) });
  assert.deepEqual(watched.see(3_600_000, { rate: number(1, 3_600_000) }), []);
  const told: (readonly [number, string])[] = [];
  for (let at = 3_605_000; at <= 3_640_000; at += 5_000) {
    for (const verdict of verdicts(watched.see(at, { rate: number(1, at) })))
      told.push([at, verdict]);
  }
  assert.deepEqual(told, [[3_630_000, 'blind']]);
});

test('a signal that is read seldom does not hide that a quick one is not read', () => {
  const seldom = above('drift', 'gap');
  const watched = watching([
    trigger('errors', 'automatic', { when: above('errors', 'rate') }),
    trigger('drift', 'automatic', {
      when: { ...seldom, rule: { ...seldom.rule, everyMs: 60_000, blindAfterMs: 120_000 } },
    }),
  ]);
  watched.see(0, { rate: number(1, 0), gap: number(1, 0) });
  assert.deepEqual(verdicts(watched.see(60_000, { gap: number(1, 60_000) })), ['blind']);
});

test('what this version does not judge is blind from the beginning, never healthy and never missing data', () => {
  const later = { type: 'not-judged', because: 'later' } as const;
  const watched = watching([
    trigger('drift', 'automatic', {
      when: { type: 'at-least', count: 2, of: [above('drift', 'gap'), later] },
    }),
    trigger('worse', 'automatic', { when: later }),
  ]);
  const told = [
    ...watched.see(0, { gap: number(1, 0) }),
    ...watched.see(5_000, { gap: number(3, 5_000) }),
  ];
  assert.deepEqual(
    told.flatMap((change) => (change.type === 'verdict' ? [[change.trigger, change.verdict]] : [])),
    [
      ['drift', { type: 'healthy' }],
      ['worse', { type: 'blind', cause: 'source-out' }],
      ['drift', { type: 'blind', cause: 'source-out' }],
    ],
  );
});

test('a trigger that was not armed for a while begins anew', () => {
  const errors = trigger('errors', 'automatic', { when: above('errors', 'rate') });
  const watched = watching([errors]);
  watched.see(0, { rate: number(3, 0) });
  watched.see(5_000, { rate: number(3, 5_000) }, []);
  assert.deepEqual(watched.watch.leaves, {});
  assert.deepEqual(verdicts(watched.see(10_000, { rate: number(3, 10_000) })), ['breached']);
});

test('a suspicion of one signal makes the trigger suspect', () => {
  const leaf = above('errors', 'rate');
  const slow: Condition = { ...leaf, rule: { ...leaf.rule, forMs: 60_000 } };
  const watched = watching([trigger('errors', 'automatic', { when: slow })]);
  assert.deepEqual(verdicts(watched.see(0, { rate: number(3, 0) })), ['suspect']);
});
