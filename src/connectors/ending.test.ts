// Calls that end early: by their deadline, by a limit, by a cancel, and what is left behind then.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call } from '../connector.ts';
import { Ended, orEnded, timeLeftMs, withEnding } from './ending.ts';

const never = new Promise<never>(() => undefined);
const soon = (deadlineMs: number, signal = new AbortController().signal): Call => ({
  signal,
  deadline: Date.now() + deadlineMs,
});
const classOf = async (call: Call, limitMs: number): Promise<string> => {
  try {
    await withEnding(call, limitMs, (signal) => orEnded(signal, never));
    return 'done';
  } catch (error) {
    return error instanceof Ended ? error.class : String(error);
  }
};

describe('a call', () => {
  it('times out at its deadline or at the limit, whichever is first', async () => {
    assert.equal(await classOf(soon(30), 60_000), 'timed-out');
    assert.equal(await classOf(soon(60_000), 30), 'timed-out');
    assert.equal(await classOf(soon(-1000), 60_000), 'timed-out');
  });

  it('is cancelled when somebody aborts it before that', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    assert.equal(await classOf(soon(60_000, controller.signal), 60_000), 'cancelled');
    assert.equal(await classOf(soon(60_000, AbortSignal.abort()), 60_000), 'cancelled');
  });

  it('times out when its own signal says that it did', async () => {
    const timedOut = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    assert.equal(await classOf(soon(60_000, timedOut), 60_000), 'timed-out');
  });

  it('gives what was done in time', async () => {
    assert.equal(await withEnding(soon(60_000), Infinity, async () => 7), 7);
  });

  it('never has more time left than a timer can wait', () => {
    assert.ok(timeLeftMs(soon(1e15)) < 2 ** 31);
    assert.equal(timeLeftMs(soon(-5)), 0);
  });
});
