// The demo with --chaos: the node that carries rows home is killed in the middle of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { show, wellEnded } from './showing.ts';

test('a node killed in the middle of the rollback is found lost, and another one finishes', async () => {
  const { outcome, chaos } = wellEnded(await show(['--chaos']));
  assert.equal(outcome, 'rolled-back-verified');
  assert.ok(chaos);
  assert.ok(chaos.lost > 0);
  assert.match(chaos.killed ?? '', /^node-[12]$/);
  const other = chaos.killed === 'node-1' ? 'node-2' : 'node-1';
  assert.deepEqual(chaos.finishedBy, [other]);
});
