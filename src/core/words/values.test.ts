// Measured values in words: unit, limit, and what nobody knows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceBrief, evidenceWords, measured, seenWords } from './values.ts';

test('a value bears the unit of the plan: a ratio is a percentage, time is a span', () => {
  assert.deepEqual(
    [
      measured(0.0612, 'ratio'),
      measured(0.07, 'ratio'),
      measured(312, 'rows'),
      measured(1, 'rows'),
      measured(0.8399, undefined),
      measured(840, 'ms'),
      measured(0.2512, 'seconds'),
      measured(150, 's'),
    ],
    ['6.12 %', '7 %', '312 rows', '1 row', '0.84', '840 ms', '251 ms', '2.5 min'],
  );
});

test('what was seen stands beside the limit that it broke, on its side and for its time', () => {
  const seen = { value: 0.061, unit: 'ratio', above: 0.02, forMs: 60_000, at: 5, clearsAt: 0.01 };
  assert.equal(seenWords(seen), '6.1 %, bad above 2 % for 1 min');
  assert.equal(seenWords({ value: 0, below: 1, forMs: 0 }), '0, bad below 1');
});

test('what nobody knows says why, and still names its limit', () => {
  assert.equal(
    seenWords({ unknown: 'error', because: 'connection refused', above: 2 }),
    'not known: connection refused, bad above 2',
  );
  assert.equal(seenWords({ unknown: 'no-data' }), 'not known: no data');
  assert.equal(seenWords({}), 'not known: nothing was read yet');
});

test('of several signals each says how it stands; one alone need not', () => {
  const errors = { signal: 'error-rate', status: 'breached', value: 0.061, unit: 'ratio' };
  const latency = { signal: 'p99', status: 'healthy', value: 210, unit: 'ms' };
  assert.equal(evidenceWords({ errors }), 'error-rate 6.1 %');
  assert.equal(
    evidenceWords({ 'errors/1': errors, 'errors/2': latency }),
    'error-rate 6.1 % (breached); p99 210 ms (healthy)',
  );
});

test('evidence of a shape that only its connector knows is told in brief', () => {
  assert.equal(evidenceBrief(null), '');
  assert.equal(evidenceBrief('refused\n  by the proxy'), 'refused by the proxy');
  assert.equal(evidenceBrief({ 'error-rate': { value: 3, at: 1 } }), 'error-rate 3');
  assert.equal(evidenceBrief({ status: 503 }), '{"status":503}');
  assert.equal(evidenceBrief('x'.repeat(500)).length, 160);
});
