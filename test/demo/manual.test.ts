// The demo with --manual, where the viewer approves on the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOn, questionOn, show, wellEnded } from './showing.ts';

test('a viewer who approves on the page is the one who decided', async () => {
  const shown = await show(['--manual'], async ({ ready }) => {
    const { page } = await ready;
    const decision = await questionOn(page);
    await answerOn(page, { type: 'Approve', decision });
  });
  const facts = wellEnded(shown);
  assert.deepEqual([facts.asked, facts.decidedHow, facts.held], [true, 'person', false]);
  assert.equal(facts.outcome, 'rolled-back-verified');
});
