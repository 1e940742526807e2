// The demo where nobody can sign in any more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { show, wellEnded } from './showing.ts';

test('customers who cannot sign in are brought back by the trigger that signs in itself', async () => {
  const facts = wellEnded(await show(['--scenario', 'sign-in-broken']));
  assert.equal(facts.scenario, 'sign-in-broken');
  assert.equal(facts.outcome, 'rolled-back-verified');
  assert.deepEqual([facts.runs, facts.weightLegacy, facts.decidedHow], [1, 100, 'automatic']);
});
