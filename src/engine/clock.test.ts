// The machine's clock: what is left of a time is never whole milliseconds, and timers take nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callFor } from './calls.ts';
import { machineClock } from './clock.ts';

test('a call may last a fraction of a millisecond, and its deadline is whole epoch milliseconds', () => {
  assert.doesNotThrow(() => machineClock.timeout(29_748.916));
  assert.ok(Number.isInteger(callFor(10.25).deadline));
});
