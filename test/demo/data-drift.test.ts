// The demo where the data goes wrong and nothing else does: no error, no slowness.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { show, wellEnded } from './showing.ts';

test('wrong totals are seen in the data, people are asked, and silence means what the plan says', async () => {
  const facts = wellEnded(await show(['--scenario', 'data-drift']));
  assert.equal(facts.scenario, 'data-drift');
  assert.equal(facts.outcome, 'rolled-back-verified');
  assert.deepEqual([facts.runs, facts.asked, facts.decidedHow], [1, true, 'silence']);
  assert.ok((facts.carried?.different ?? 0) > 0, 'wrong totals were set right');
});
