// The demo where the metrics are gone and the shop is well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { show, wellEnded } from './showing.ts';

test('a blind source leads to a question and never to a rollback', async () => {
  const facts = wellEnded(await show(['--scenario', 'source-blind']));
  assert.equal(facts.expected, 'asked-only');
  assert.deepEqual([facts.runs, facts.asked, facts.outcome], [0, true, null]);
  assert.equal(facts.weightLegacy, 0, 'all customers stay on the new service');
});
