// A scope has one form and one text, however it was written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullScope, scopeText, settledScope } from './scope.ts';

test('a scope has one text, whatever the order and however often a name was given', () => {
  assert.equal(scopeText(fullScope), 'full');
  assert.equal(scopeText(undefined), 'full', 'runs of before there were scopes were full');
  assert.equal(
    scopeText({ region: ['eu'], component: ['billing', 'accounts', 'billing'] }),
    'component=accounts,billing region=eu',
  );
  assert.deepEqual(settledScope({ tenant: [], region: ['us', 'eu'] }), { region: ['eu', 'us'] });
});

test('a kind that names nothing is not narrowed', () => {
  assert.equal(scopeText({ component: [], cohort: [] }), 'full');
});
