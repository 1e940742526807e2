// Names of connectors and states: what is found, what is not, and what is said then.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectorNames, loadConnector, loadConnectors, resolveState } from './index.ts';

describe('connectors by name', () => {
  it('loads each connector under its own name', async () => {
    for (const name of connectorNames) assert.equal((await loadConnector(name, '.'))?.name, name);
    assert.equal((await loadConnectors()).length, connectorNames.length);
  });

  it('knows no other name, not even those that every object has', async () => {
    assert.equal(await loadConnector('no-such', '.'), undefined);
    assert.equal(await loadConnector('constructor', '.'), undefined);
  });
});

describe('the state that a step uses', () => {
  it('is found by the connector or by the family of its system', () => {
    const resolved = { type: 'resolved', connector: 'postgres', state: 'holds' };
    assert.deepEqual(resolveState('postgres/holds', 'postgres'), resolved);
    assert.deepEqual(resolveState('sql/holds', 'postgres'), resolved);
    assert.equal(resolveState('sql/holds', 'mysql').type, 'resolved');
    assert.equal(resolveState('acme/flag', 'acme').type, 'resolved');
  });

  it('is not found on a system of another connector, and the way out is said', () => {
    assert.deepEqual(resolveState('sql/holds', 'http'), {
      type: 'unresolved',
      because: '"sql/holds" is not for a system that uses http',
      mend: 'Write http/holds, or name another system.',
    });
    assert.equal(resolveState('constructor/x', 'http').type, 'unresolved');
  });

  it('is not found when it is not of the form connector/state', () => {
    for (const uses of ['sql', 'sql/', '/holds', 'sql/holds/x', '']) {
      assert.equal(resolveState(uses, 'postgres').type, 'unresolved');
    }
  });
});
