// The demo with a step that lies: the demo must not believe it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { show } from './showing.ts';

test('when the rows are not carried home, the demo fails and names the orders that are missing', async () => {
  const { exit, facts } = await show(['--sabotage', 'skip-carry']);
  assert.equal(exit, 1);
  assert.ok(facts);
  assert.equal(facts.outcome, 'rolled-back-verified', 'the run itself was deceived');
  const { missing, promised, found } = facts.book;
  assert.ok(missing.length > 0);
  assert.equal(found, promised - missing.length);
  const [complaint = ''] = facts.complaints;
  assert.match(
    complaint,
    new RegExp(`^${missing.length} order\\(s\\).*missing in legacy: ${missing[0]}`),
  );
});
