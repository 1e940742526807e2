// The demo as everybody sees it first: the new service slows down and loses orders, and all is brought home.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { show, wellEnded } from './showing.ts';

test('the shop is rolled back by its triggers, and every order of the customers is in legacy', async () => {
  const facts = wellEnded(await show([]));
  assert.equal(facts.scenario, 'slow-and-lossy');
  assert.equal(facts.outcome, 'rolled-back-verified');
  assert.deepEqual([facts.runs, facts.weightLegacy, facts.decidedHow], [1, 100, 'automatic']);
  assert.ok(facts.failed > 0, 'customers felt it');
  assert.ok((facts.carried?.missing ?? 0) > 0, 'orders were missing and were carried home');
  assert.equal(facts.chaos, null);
});
