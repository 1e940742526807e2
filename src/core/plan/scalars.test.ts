// Tests of scalars: what each spelling means, and what is none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isName, parseDuration, parseRate, parseRatio, parseSize, parseTime } from './scalars.ts';

test('durations are milliseconds', () => {
  const known = {
    '250ms': 250,
    '90s': 90_000,
    '1.5m': 90_000,
    '2h': 7_200_000,
    '30d': 2_592_000_000,
    '2w': 1_209_600_000,
    '0s': 0,
  };
  for (const [text, ms] of Object.entries(known)) assert.equal(parseDuration(text), ms, text);
  for (const text of ['', '5', '5 m', '5 minutes', '-5s', '1e3s', '5S', '99999999d', '1h30m'])
    assert.equal(parseDuration(text), undefined, text);
});

test('percentages are numbers without the noise of floating point', () => {
  assert.equal(parseRatio('0.7%'), 0.007);
  assert.equal(parseRatio('2%'), 0.02);
  for (const text of ['2', '2 %', '-2%', '%']) assert.equal(parseRatio(text), undefined, text);
});

test('sizes are bytes, in powers of two or ten as they are written', () => {
  assert.equal(parseSize('10GiB'), 10_737_418_240);
  assert.equal(parseSize('10GB'), 10_000_000_000);
  assert.equal(parseSize('10G'), undefined);
});

test('times need a zone or are a day, and must be in the calendar', () => {
  assert.equal(parseTime('2026-11-28T03:00:00Z'), Date.UTC(2026, 10, 28, 3));
  assert.equal(parseTime('2026-11-28T03:00:00+01:00'), Date.UTC(2026, 10, 28, 2));
  assert.equal(parseTime('2026-10-01'), Date.UTC(2026, 9, 1));
  for (const text of [
    '2026-11-28T03:00:00',
    '2026-02-30',
    '2026-13-01',
    '2026-11-28 03:00:00Z',
    '28.11.2026',
  ])
    assert.equal(parseTime(text), undefined, text);
});

test('rates are a count in a period', () => {
  assert.deepEqual(parseRate('1 per 6h'), { count: 1, perMs: 21_600_000 });
  for (const text of ['0 per 6h', '1 per 0s', '1/6h', 'one per day'])
    assert.equal(parseRate(text), undefined, text);
});

test('names are kebab-case', () => {
  for (const name of ['a', 'route-back', 'p99', 'a-1']) assert.ok(isName(name), name);
  for (const name of ['', 'A', 'a_b', '-a', 'a-', 'a--b', '1a', 'a b', 'é', 'a'.repeat(64)])
    assert.ok(!isName(name), name);
});
