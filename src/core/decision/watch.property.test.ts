// What holds for every watch, whatever its signals say and do not say, and wherever its stream is cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { trigger } from '../../testing/migrations.ts';
import type { Condition } from './condition.ts';
import type { SignalStatus } from './detectors/detector.ts';
import { type ThresholdRule, type ThresholdState, threshold } from './detectors/threshold.ts';
import type { SignalReading } from './sample.ts';
import type { Trigger } from './trigger.ts';
import { type Change, type Watch, emptyWatch, judgeReadings } from './watch.ts';

const from = Date.UTC(2026, 10, 28, 1);

const rule: fc.Arbitrary<ThresholdRule> = fc.record({
  type: fc.constant('threshold' as const),
  direction: fc.constant('above' as const),
  limit: fc.constant(2),
  clearsAt: fc.constantFrom(1, 2),
  forMs: fc.constantFrom(0, 10_000, 30_000),
  clearForMs: fc.constantFrom(0, 20_000),
  atLeast: fc.constantFrom(1, 3),
  everyMs: fc.constant(5_000),
  blindAfterMs: fc.constantFrom(10_000, 30_000),
});

const signals = ['a', 'b', 'c'] as const;

const triggers: fc.Arbitrary<readonly Trigger[]> = fc
  .array(
    fc.record({
      count: fc.constantFrom(1, 2, 3),
      rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) =>
    all.map(({ count, rules }, index) => {
      const of = rules.map((own, leaf): Condition => ({
        type: 'rule',
        leaf: `t${index}/${leaf}`,
        signal: signals[leaf] ?? 'a',
        rule: own,
      }));
      return trigger(`t${index}`, 'automatic', {
        when: { type: 'at-least', count: Math.min(count, of.length), of },
      });
    }),
  );

/** What one signal says at one instant; null when nobody asked it. */
const said = fc.option(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0.5, 1.5, 3, 3) },
    { weight: 1, arbitrary: fc.constantFrom('no-data' as const, 'error' as const) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity) },
  ),
  { freq: 6 },
);

interface Said {
  readonly skip: number;
  readonly a: number | 'no-data' | 'error' | null;
  readonly b: number | 'no-data' | 'error' | null;
  readonly c: number | 'no-data' | 'error' | null;
}

/** Instants of the grid; sometimes several are skipped. */
const stream: fc.Arbitrary<readonly Said[]> = fc.array(
  fc.record({ skip: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 5, 20), a: said, b: said, c: said }),
  { maxLength: 60, size: 'max' },
);

type Instant = {
  readonly now: number;
  readonly readings: { readonly [signal: string]: SignalReading };
};

function instants(of: readonly Said[]): readonly Instant[] {
  let now = from;
  return of.map((each) => {
    now += 5_000 * (1 + each.skip);
    const readings: Record<string, SignalReading> = {};
    for (const name of signals) {
      const value = each[name];
      if (value === null) continue;
      readings[name] =
        typeof value === 'number'
          ? { type: 'number', at: now, value }
          : { type: value, at: now, because: 'so' };
    }
    return { now, readings };
  });
}

function feed(
  by: readonly Trigger[],
  all: readonly Instant[],
  begin: Watch = emptyWatch,
): { readonly watch: Watch; readonly changes: readonly Change[] } {
  let watch = begin;
  const changes: Change[] = [];
  for (const { now, readings } of all) {
    const judged = judgeReadings(by, watch, readings, now);
    watch = judged.watch;
    changes.push(...judged.changes);
  }
  return { watch, changes };
}

test('readings that come twice change nothing', () => {
  fc.assert(
    fc.property(triggers, stream, (by, of) => {
      const once = instants(of);
      const doubled = once.flatMap((each) => [each, each]);
      assert.deepEqual(verdictsOf(feed(by, doubled).changes), verdictsOf(feed(by, once).changes));
    }),
  );
});

test('a stream that is cut anywhere and goes on from what was kept as JSON changes nothing', () => {
  fc.assert(
    fc.property(triggers, stream, fc.nat(), (by, of, cut) => {
      const all = instants(of);
      const at = cut % (all.length + 1);
      const first = feed(by, all.slice(0, at));
      // The cast holds because a watch is plain JSON: that is what this property is about.
      const kept = JSON.parse(JSON.stringify(first.watch)) as Watch;
      const second = feed(by, all.slice(at), kept);
      assert.deepEqual(
        { watch: second.watch, changes: [...first.changes, ...second.changes] },
        feed(by, all),
      );
    }),
  );
});

test('a reading that is missing never makes a signal healthy', () => {
  fc.assert(
    fc.property(rule, stream, (by, of) => {
      for (const [before, after, { now, readings }] of steps(by, instants(of))) {
        const known = readings['a']?.type === 'number' && Number.isFinite(readings['a'].value);
        if (!known && after === 'healthy') assert.equal(before, 'healthy', `at ${now}`);
      }
    }),
    { numRuns: 500 },
  );
});

test('nothing missing and nothing that says only good ever leads to a breach', () => {
  fc.assert(
    fc.property(rule, stream, (by, of) => {
      for (const [before, after, { readings }] of steps(by, instants(of))) {
        const bad =
          readings['a']?.type === 'number' &&
          Number.isFinite(readings['a'].value) &&
          readings['a'].value > by.limit;
        // After blindness a breach is there again; that is the same breach.
        if (after === 'breached' && !bad)
          assert.ok(before === 'breached' || before === 'clearing' || before === 'blind');
      }
    }),
    { numRuns: 500 },
  );
});

test('with the good readings after a breach taken away, nothing is healthy earlier than with them', () => {
  fc.assert(
    fc.property(
      rule,
      stream,
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60, size: 'max' }),
      (by, of, taken) => {
        const breach = Array.from({ length: 20 }, (_, index): Instant => ({
          now: from + index * 5_000,
          readings: { a: { type: 'number', at: from + index * 5_000, value: 3 } },
        }));
        // Only what comes until it is healthy for the first time: after that both begin anew, each in its own time.
        const after = instants(of).map(({ now, readings }) => ({
          now: now + 100_000,
          readings: goodOnly(readings, now + 100_000),
        }));
        const thinned = after.map((each, index) =>
          taken[index] === true ? { ...each, readings: {} } : each,
        );
        const full = statuses(by, [...breach, ...after]);
        const thin = statuses(by, [...breach, ...thinned]);
        const firstFull = full.indexOf('healthy');
        const firstThin = thin.indexOf('healthy');
        assert.ok(
          firstThin === -1 || (firstFull !== -1 && firstFull <= firstThin),
          `${firstFull} ${firstThin}`,
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('a blind signal makes no trigger healthy that needs it', () => {
  fc.assert(
    fc.property(triggers, stream, (by, of) => {
      const { watch } = feed(by, instants(of));
      for (const each of by) {
        const { when } = each;
        if (when.type !== 'at-least' || when.count !== 1) continue;
        const blind = when.of.some(
          (leaf) => leaf.type === 'rule' && watch.leaves[leaf.leaf]?.status === 'blind',
        );
        if (blind) assert.notEqual(watch.verdicts[each.name]?.type, 'healthy');
      }
    }),
  );
});

function verdictsOf(changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) =>
    change.type === 'verdict' ? [`${change.trigger} ${JSON.stringify(change.verdict)}`] : [],
  );
}

/** Instants at which signal a says something known says only what is clear. */
function goodOnly(readings: Instant['readings'], at: number): Instant['readings'] {
  return readings['a']?.type === 'number' && Number.isFinite(readings['a'].value)
    ? { a: { type: 'number', at, value: 0.5 } }
    : {};
}

/** The signal's status before and after each instant; an instant without a reading is one without data. */
function steps(
  by: ThresholdRule,
  all: readonly Instant[],
): readonly (readonly [SignalStatus, SignalStatus, Instant])[] {
  let state: ThresholdState = threshold.start(by);
  return all.map((instant) => {
    const before = state.status;
    const reading = instant.readings['a'] ?? {
      type: 'no-data',
      at: instant.now,
      because: 'nothing there',
    };
    const judgement = threshold.judge(by, state, reading, instant.now);
    state = judgement.state;
    return [before, judgement.status, instant] as const;
  });
}

function statuses(by: ThresholdRule, all: readonly Instant[]): readonly SignalStatus[] {
  return steps(by, all).map(([, after]) => after);
}
