// What is kept beside the journal: signal states overwritten in place, outside events counted once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { temporaryServer, type TemporaryServer } from '../../test/store/temporary.ts';
import type { Store } from './store.ts';

let server: TemporaryServer;
let store: Store;
before(async () => {
  server = await temporaryServer();
  store = await server.store();
});
after(() => server.stop());

test('the latest state of each signal is loaded again, an older one never overwrites it', async () => {
  const { watchState } = store;
  await watchState.save('shop', []);
  await watchState.save('shop', [
    { key: 'signal/b', at: 5, state: { type: 'healthy', since: 1 } },
    { key: 'signal/a', at: 5, state: null },
  ]);
  await watchState.save('shop', [{ key: 'signal/b', at: 6, state: { type: 'breached' } }]);
  await watchState.save('shop', [{ key: 'signal/b', at: 4, state: { type: 'late' } }]);
  assert.deepEqual(await watchState.load('shop'), [
    { key: 'signal/a', at: 5, state: null },
    { key: 'signal/b', at: 6, state: { type: 'breached' } },
  ]);
  assert.deepEqual(await watchState.load('other'), []);
});

test('an event from outside comes in for the first time once, however many nodes got it', async () => {
  const { inbound } = store;
  assert.equal(await inbound.seen('github', 'delivery-1'), false);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => inbound.firstTime('github', 'delivery-1')),
  );
  assert.deepEqual(answers.filter(Boolean), [true]);
  assert.equal(await inbound.seen('github', 'delivery-1'), true);
  assert.equal(await inbound.firstTime('stripe', 'delivery-1'), true);
});

test('events from outside are forgotten by age', async () => {
  const { inbound } = store;
  await inbound.firstTime('old', 'x');
  assert.equal(await inbound.forget(3_600_000), 0);
  assert.ok((await inbound.forget(-1000)) > 0);
  assert.equal(await inbound.firstTime('old', 'x'), true);
});
