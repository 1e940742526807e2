// The demo with --manual, where the viewer says no.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOn, questionOn, show } from './showing.ts';

test('a viewer who holds ends the demo with a no, and hears what it cost', async () => {
  const { exit, facts } = await show(['--manual'], async ({ ready }) => {
    const { page } = await ready;
    const decision = await questionOn(page);
    await answerOn(page, { type: 'Hold', decision, forMs: 60_000 });
  });
  assert.equal(exit, 1);
  assert.ok(facts);
  assert.deepEqual([facts.held, facts.runs, facts.outcome], [true, 0, null]);
  assert.match(facts.complaints[0] ?? '', /^A person held/);
});
