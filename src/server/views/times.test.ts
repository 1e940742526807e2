// Times and numbers as people read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { length, measured, span, utcClock } from './times.ts';

test('a span reads as a stopwatch, and as days when it is long', () => {
  const spans = [-5, 0, 59_999, 60_000, 754_000, 3_723_000, 187_200_000];
  assert.deepEqual(spans.map(span), [
    '0:00',
    '0:00',
    '0:59',
    '1:00',
    '12:34',
    '1:02:03',
    '2 d 4 h',
  ]);
});

test('a round length is said in its largest whole unit', () => {
  assert.deepEqual([600_000, 90_000, 7_200_000, 86_400_000, 500].map(length), [
    '10 min',
    '90 s',
    '2 h',
    '1 d',
    '0.5 s',
  ]);
});

test('a measured value bears the unit of the plan, and a ratio is a percentage', () => {
  assert.deepEqual(
    [
      measured(0.0612, 'ratio'),
      measured(312, 'rows'),
      measured(0.8399, undefined),
      measured(12_345.6, 'ms'),
    ],
    ['6.12 %', '312 rows', '0.84', '12346 ms'],
  );
});

test('a clock says that it is UTC', () => {
  assert.equal(utcClock(Date.UTC(2026, 10, 28, 3, 12, 7)), '03:12:07 UTC');
});
