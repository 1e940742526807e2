// The customers' counts: by kind, by second, and only whole seconds are shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCustomerCounter } from './customer-stats.ts';

test('a second is shown when it is over, with its requests, failures and durations', () => {
  let now = 10_000;
  const counter = createCustomerCounter(() => now);
  for (let request = 1; request <= 100; request += 1) counter.request(request);
  counter.failure('sign-in');
  assert.deepEqual(counter.stats().seconds, []);
  now = 11_000;
  assert.deepEqual(counter.stats().seconds, [
    { at: 10_000, requests: 100, failed: 1, p50Ms: 50, p99Ms: 99 },
  ]);
});

test('failures are counted by kind, with the time of the first and of the last', () => {
  let now = 5000;
  const counter = createCustomerCounter(() => now);
  counter.failure('order-refused');
  now = 7000;
  counter.failure('order-refused');
  counter.failure('invoice-wrong');
  counter.count('promised');
  const { failed, failures, promised, firstFailureAt, lastFailureAt } = counter.stats();
  assert.deepEqual(failures, { 'order-refused': 2, 'invoice-wrong': 1 });
  assert.deepEqual([failed, promised, firstFailureAt, lastFailureAt], [3, 1, 5000, 7000]);
});

test('the last 60 seconds are kept', () => {
  let now = 0;
  const counter = createCustomerCounter(() => now);
  for (let second = 0; second < 200; second += 1) {
    now = second * 1000;
    counter.request(1);
  }
  now = 200_000;
  const { seconds, requests } = counter.stats();
  assert.ok(seconds.length <= 61 && seconds.length >= 60);
  assert.deepEqual([seconds.at(-1)?.at, requests], [199_000, 200]);
});
