// The load that warms a system: due by the clock, bounded, and broken off when the system does not bear it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Load, dueMs, quantileOf, requestsOf, sendLoad } from './load.ts';

const load: Load = { perSecond: 200, rampMs: 100, forMs: 200, atOnce: 10, shedAt: 0.2 };
const never = new AbortController().signal;

test('along the ramp requests come faster and faster, and then evenly', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1, max: 60_000 }),
      (perSecond, rampMs, forMs) => {
        const of = { perSecond, rampMs, forMs };
        const all = requestsOf(of);
        let before = -1;
        let gap = Number.POSITIVE_INFINITY;
        for (const index of [0, 1, 2, 3, 4, 5].filter((each) => each < all)) {
          const due = dueMs(index, of);
          assert.ok((due > before && due - before <= gap + 1e-6) || index === 0);
          if (index > 1) gap = due - before;
          before = due;
        }
        assert.ok(dueMs(all - 1, of) <= rampMs + forMs + 1_000 / perSecond);
      },
    ),
  );
});

test('so many are sent as were declared, and never more at once than allowed', async () => {
  let now = 0;
  let most = 0;
  let sent = 0;
  const seen = await sendLoad(load, never, async () => {
    sent += 1;
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now -= 1;
    return { type: 'good' };
  });
  assert.equal(sent, requestsOf(load));
  assert.ok(most <= load.atOnce);
  assert.equal(seen.shed, null);
  assert.equal(seen.errors, 0);
});

test('what waits for a place is late: a slow system looks as slow as it is', async () => {
  const narrow = { ...load, atOnce: 1 };
  const seen = await sendLoad(narrow, never, async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { type: 'good' };
  });
  assert.ok(quantileOf(seen.tookMs, 0.99) > 100, String(quantileOf(seen.tookMs, 0.99)));
  assert.ok(seen.perSecond < load.perSecond / 2, String(seen.perSecond));
});

test('a system that does not bear it is spared the rest', async () => {
  let sent = 0;
  const seen = await sendLoad({ ...load, perSecond: 1_000 }, never, async () => {
    sent += 1;
    return sent > 30
      ? { type: 'error', because: 'status is 503 instead of 2xx' }
      : { type: 'good' };
  });
  assert.match(seen.shed ?? '', /of the newest 20 answers were errors/);
  assert.ok(sent < 60, String(sent));
  assert.deepEqual(seen.said, ['status is 503 instead of 2xx']);
});

test('it stops when it is told to', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  await assert.rejects(
    sendLoad({ ...load, forMs: 60_000 }, stop.signal, async (index) => {
      if (index === 5) stop.abort(reason);
      return { type: 'good' };
    }),
    (error: Error) => error === reason || error.cause === reason,
  );
});

test('a quantile is one of the numbers', () => {
  const many = fc.array(fc.nat(), { minLength: 1 }).map((list) => list.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(many, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, share) => {
      const found = quantileOf(list, share);
      assert.ok(list.includes(found));
      assert.ok(list.filter((each) => each <= found).length >= share * list.length);
    }),
  );
  assert.equal(quantileOf([], 0.5), 0);
});
