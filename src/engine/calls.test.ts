// Calls end when their time is over, whatever the machine's clock shows meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callFor } from './calls.ts';
import { type Clock, machineClock } from './clock.ts';

test('a call may last a fraction of a millisecond more: what is left of another one is rarely whole', () => {
  const { signal } = callFor(10_000.25);
  assert.equal(signal.aborted, false);
});

test('what is left of a call stays the same when the clock of the machine jumps forward or back', () => {
  let shown = 1_000_000;
  let steady = 0;
  const clock: Clock = { ...machineClock, now: () => shown, steady: () => steady };
  const call = callFor(10_000, undefined, clock);
  const left = (): number => call.deadline - clock.now();
  assert.equal(left(), 10_000);
  shown += 3_600_000;
  assert.equal(left(), 10_000, 'an hour forward is no hour of waiting');
  shown -= 7_200_000;
  assert.equal(left(), 10_000, 'and an hour back gives nobody an hour more');
  shown += 4_000;
  steady += 4_000;
  assert.equal(left(), 6_000, 'time that really passed counts');
});
