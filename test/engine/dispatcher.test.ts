// Both dispatchers keep the contract, and the real one makes event and job one fact.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Dispatcher } from '../../src/engine/dispatcher.ts';
import { openPgBoss } from '../../src/engine/pgboss.ts';
import type { Store } from '../../src/store/store.ts';
import { memoryJobs } from '../../src/testing/memory-dispatcher.ts';
import { type TemporaryServer, temporaryServer } from '../store/temporary.ts';
import { type Dispatchers, dispatcherContract } from './dispatcher-contract.ts';
import { eventually } from './world.ts';

describe('the dispatcher in memory', () => {
  dispatcherContract((): Dispatchers => {
    const jobs = memoryJobs();
    return { open: async () => jobs.dispatcher(), lay: async (laid) => jobs.lay(laid) };
  });
});

describe('the dispatcher on pg-boss', () => {
  let server: TemporaryServer;
  let store: Store;
  let sender: Dispatcher;
  let streams = 0;

  before(async () => {
    server = await temporaryServer();
    store = await server.store({ enqueue: (sql, jobs) => sender.enqueue(sql, jobs) });
    sender = await openPgBoss(store.url, () => undefined);
  });

  after(async () => {
    await sender.stop(0);
    await server.stop();
  });

  const happened = {
    actor: { kind: 'backout', name: 'backout' },
    body: { type: 'Happened' },
  } as const;
  const dispatchers = (): Dispatchers => ({
    open: () => openPgBoss(store.url, () => undefined),
    lay: async (jobs) => {
      streams += 1;
      const appended = await store.journal.append([
        { stream: `laid-${streams}`, expected: 0, events: [happened], jobs },
      ]);
      assert.equal(appended.type, 'appended');
    },
  });

  dispatcherContract(dispatchers);

  it('has no job of an append that was refused', async () => {
    const node = await dispatchers().open();
    const got: unknown[] = [];
    await node.work('step', 1, async (data) => void got.push(data));
    const refused = await store.journal.append([
      {
        stream: 'refused-1',
        expected: 7,
        events: [happened],
        jobs: [{ queue: 'step', key: 'never', data: 'never' }],
      },
    ]);
    assert.equal(refused.type, 'conflict');
    await dispatchers().lay([{ queue: 'step', key: 'after', data: 'after' }]);
    await eventually(
      'the job after it',
      () => got.length,
      (length) => length === 1,
    );
    assert.deepEqual(got, ['after']);
    await node.stop(0);
  });
});
