// Times and spans as people read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spanOf, stopwatch, utcClock, utcMinute } from './times.ts';

test('a span that runs reads as a stopwatch, and as days when it is long', () => {
  const spans = [-5, 0, 59_999, 60_000, 754_000, 3_723_000, 187_200_000];
  assert.deepEqual(spans.map(stopwatch), [
    '0:00',
    '0:00',
    '0:59',
    '1:00',
    '12:34',
    '1:02:03',
    '2 d 4 h',
  ]);
});

test('a span that was declared or measured is said in the unit that says it best', () => {
  const spans = [0, 0.25, 500, 1_234, 90_000, 600_000, 750_000, 5_400_000, 7_200_000, 86_400_000];
  assert.deepEqual(spans.map(spanOf), [
    '0 ms',
    '0.25 ms',
    '500 ms',
    '1.23 s',
    '90 s',
    '10 min',
    '12.5 min',
    '90 min',
    '2 h',
    '1 d',
  ]);
  assert.equal(spanOf(-4_200), '-4.2 s');
});

test('a clock says that it is UTC, and no number breaks it', () => {
  const at = Date.UTC(2026, 10, 28, 3, 12, 7);
  assert.equal(utcClock(at), '03:12:07 UTC');
  assert.equal(utcMinute(at), '2026-11-28 03:12 UTC');
  assert.match(utcClock(Number.MAX_VALUE), /UTC$/);
});
