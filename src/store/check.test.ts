// `store check`: names the first event that is not what was written, and makes projections anew.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JournalEvent } from '../core/journal/event.ts';
import { put } from '../../test/store/journal-contract.ts';
import { temporaryServer, type TemporaryServer } from '../../test/store/temporary.ts';
import type { Projection } from './check.ts';
import type { Store } from './store.ts';

let server: TemporaryServer;
before(async () => {
  server = await temporaryServer();
});
after(() => server.stop());

/** Two streams of three events, told as `project` tells them. */
async function written(): Promise<Store> {
  const store = await server.store();
  for (const stream of ['run-1', 'run-2']) {
    await store.journal.append([
      { ...put(stream, 0, 'A', 'B', 'C'), summary: { types: 'ABC' }, deadline: 99 },
    ]);
  }
  return store;
}

function project(stream: string, events: readonly JournalEvent[]): Projection | null {
  if (!stream.startsWith('run-')) return null;
  return { summary: { types: events.map(({ body }) => body.type).join('') }, deadline: 99 };
}

/** What someone does who is the database's superuser and bears us ill. */
async function tamper(store: Store, sql: string): Promise<void> {
  const client = await server.superuser(store.url);
  await client.query('alter table backout.event disable trigger all');
  await client.query(sql);
  await client.query('alter table backout.event enable always trigger append_only');
  await client.end();
}

test('finds nothing wrong with what was written, and counts it', async () => {
  const store = await written();
  await store.journal.append([put('note-1', 0, 'A')]);
  assert.deepEqual(await store.check({ project }), { streams: 3, events: 7, problems: [] });
});

const attacks = [
  {
    what: 'a body',
    seq: 2,
    sql: `update backout.event set body = '{"type":"X"}' where stream = 'run-2' and seq = 2`,
  },
  {
    what: 'an actor',
    seq: 1,
    sql: `update backout.event set actor = replace(actor, 'node-1', 'node-2') where stream = 'run-2' and seq = 1`,
  },
  {
    what: 'a time',
    seq: 3,
    sql: `update backout.event set at = at + 1 where stream = 'run-2' and seq = 3`,
  },
  {
    what: 'an event that is gone from the middle',
    seq: 2,
    sql: `delete from backout.event where stream = 'run-2' and seq = 2`,
  },
  {
    what: 'an event that is gone from the end',
    seq: 3,
    sql: `delete from backout.event where stream = 'run-2' and seq = 3`,
  },
  {
    what: 'a stream that is gone but for its head',
    seq: 1,
    sql: `delete from backout.event where stream = 'run-2'`,
  },
  { what: 'a head that is gone', seq: 3, sql: `delete from backout.head where stream = 'run-2'` },
  {
    what: 'a head that was set back',
    seq: 3,
    sql: `update backout.head set seq = 2, hash = (select hash from backout.event where stream = 'run-2' and seq = 2) where stream = 'run-2'`,
  },
] as const;
for (const attack of attacks) {
  test(`names ${attack.what}, with its stream and number`, async () => {
    const store = await written();
    await tamper(store, attack.sql);
    const { problems } = await store.check();
    assert.deepEqual(
      problems.map(({ type, stream, seq }) => ({ type, stream, seq })),
      [{ type: 'broken-chain', stream: 'run-2', seq: attack.seq }],
    );
  });
}

test('text that is no JSON any more is named, too', async () => {
  const store = await written();
  await tamper(
    store,
    `update backout.event set body = 'rubbish' where stream = 'run-1' and seq = 2`,
  );
  const { problems } = await store.check();
  assert.deepEqual(
    problems.map(({ stream, seq }) => [stream, seq]),
    [['run-1', 2]],
  );
});

test('names projections that differ from the events, and rebuilds them when asked', async () => {
  const store = await written();
  await tamper(
    store,
    `update backout.summary set summary = '{}' where stream = 'run-1';
     delete from backout.deadline where stream = 'run-2'`,
  );
  const found = await store.check({ project });
  assert.deepEqual(
    found.problems.map(({ type, stream }) => [type, stream]),
    [
      ['wrong-projection', 'run-1'],
      ['wrong-projection', 'run-2'],
    ],
  );
  assert.match(found.problems[1]?.why ?? '', /its deadline is none, and its events say 99/);
  const rebuilt = await store.check({ project, rebuild: true });
  assert.ok(rebuilt.problems.every((one) => one.type === 'wrong-projection' && one.rebuilt));
  assert.deepEqual((await store.check({ project })).problems, []);
  assert.deepEqual(
    (await store.journal.list('run-')).map(({ summary }) => summary),
    [{ types: 'ABC' }, { types: 'ABC' }],
  );
});

test('reads a stream that is longer than a page', async () => {
  const store = await server.store();
  await store.journal.append([put('long', 0, ...Array.from({ length: 2500 }, () => 'A'))]);
  assert.deepEqual(await store.check(), { streams: 1, events: 2500, problems: [] });
  await tamper(store, `update backout.event set hash = repeat('0', 64) where seq = 1001`);
  assert.equal((await store.check()).problems[0]?.seq, 1001);
});
