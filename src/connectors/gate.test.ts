// The gate: never more inside than there is room for, and nobody waits longer than their call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGate } from './gate.ts';

const forever = new AbortController().signal;

test('no more calls are inside than there is room for, and all get their turn', async () => {
  const gate = createGate(2);
  let [inside, most] = [0, 0];
  const work = async (): Promise<void> => {
    most = Math.max(most, (inside += 1));
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 9 }, () => gate.enter(forever, work)));
  assert.deepEqual([inside, most], [0, 2]);
});

test('a call that is cancelled while it waits leaves its place in the queue to the next', async () => {
  const gate = createGate(1);
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const first = gate.enter(forever, () => held);
  const controller = new AbortController();
  const second = gate.enter(controller.signal, async () => assert.fail('it was cancelled'));
  const third = gate.enter(forever, async () => 'served');
  controller.abort(new Error('cancelled'));
  await assert.rejects(second, /cancelled/);
  letGo();
  await first;
  assert.equal(await third, 'served');
});

test('work that fails gives its place back', async () => {
  const gate = createGate(1);
  await assert.rejects(
    gate.enter(forever, async () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await gate.enter(forever, async () => 'yes'), 'yes');
});
