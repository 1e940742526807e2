// The journal on a real Postgres: the contract, and what only a database can do wrong.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assert as assertProperty, asyncProperty, json, string } from 'fast-check';
import { chainHash, firstLink, verifyChain } from '../core/journal/chain.ts';
import type { Json } from '../core/journal/event.ts';
import type { Job } from '../core/journal/journal.ts';
import { event, events, journalContract, put } from '../../test/store/journal-contract.ts';
import { temporaryServer, until, type TemporaryServer } from '../../test/store/temporary.ts';
import type { Enqueue } from './append.ts';
import { beginning } from './follow.ts';

let server: TemporaryServer;
before(async () => {
  server = await temporaryServer();
});
after(() => server.stop());

/** A dispatcher of one table. */
const enqueue: Enqueue = async (sql, jobs) => {
  for (const job of jobs) {
    await sql.executeSql('insert into dispatched (job) values ($1)', [JSON.stringify(job)]);
  }
};

journalContract('Postgres', async () => {
  const url = await server.emptyDatabase();
  const store = await server.store({ url, enqueue });
  const client = await server.superuser(url);
  await client.query('create table dispatched (job text)');
  return {
    journal: store.journal,
    jobs: async () => {
      const { rows } = await client.query<{ job: string }>('select job from dispatched');
      return rows.map((row) => JSON.parse(row.job) as Job);
    },
    close: async () => {
      await client.end();
      await store.close();
    },
  };
});

describe('the journal in Postgres', () => {
  test('makes the same hash as the core, byte for byte, whatever the event holds', async () => {
    const { journal } = await server.store();
    const stream = 'größe-😀';
    let seq = 0;
    let previous = firstLink;
    await assertProperty(
      asyncProperty(json(), string({ unit: 'binary' }), async (text, name) => {
        const value = JSON.parse(text) as Json;
        const given = { actor: { kind: 'person', name }, body: { type: 'Noted', value } } as const;
        const [written] = events(
          await journal.append([{ stream, expected: seq, events: [given] }]),
        );
        assert.ok(written !== undefined);
        assert.equal(written.hash, chainHash(previous, written));
        previous = written.hash;
        seq = written.seq;
      }),
      { numRuns: 150 },
    );
    assert.deepEqual(verifyChain(await journal.read(stream)), { type: 'whole' });
  });

  test('lets nobody change or remove an event, not even the superuser', async () => {
    const store = await server.store();
    await store.journal.append([put('run-1', 0, 'A')]);
    const client = await server.superuser(store.url);
    for (const attack of [
      `update backout.event set body = '{}'`,
      'delete from backout.event',
      'truncate backout.event',
      `set session_replication_role = replica; delete from backout.event`,
    ]) {
      await assert.rejects(client.query(attack), /append-only/);
    }
    await client.end();
  });

  test('works as a role that has no right to change or remove an event', async () => {
    const store = await server.store();
    const [row] = await store.database.query<{ role: string; change: boolean; owner: boolean }>(
      `select current_user as role, has_table_privilege('backout.event', 'update, delete, truncate') as change,
       pg_has_role(current_user, (select relowner from pg_class where oid = 'backout.event'::regclass), 'member') as owner`,
    );
    assert.deepEqual(row, { role: 'backout_writer', change: false, owner: false });
    assert.deepEqual(store.warnings, []);
  });

  test('writes neither event nor job when the dispatcher fails', async () => {
    const store = await server.store({
      enqueue: () => Promise.reject(new Error('the queue is gone')),
    });
    const jobs = [{ queue: 'step', key: 'a', data: null }];
    await assert.rejects(
      store.journal.append([{ ...put('run-1', 0, 'A'), jobs }]),
      /the queue is gone/,
    );
    assert.deepEqual(await store.journal.read('run-1'), []);
  });

  test('appends to the same streams in opposite orders never wait for each other', async () => {
    const { journal } = await server.store();
    const names = ['a', 'b', 'c', 'd'];
    const turn = async (order: readonly string[]): Promise<number> => {
      let won = 0;
      for (let round = 0; round < 30; round++) {
        const appends = await Promise.all(
          order.map(async (stream) => put(stream, (await journal.read(stream)).length, 'A')),
        );
        if ((await journal.append(appends)).type === 'appended') won++;
      }
      return won;
    };
    const won = await Promise.all([
      turn(names),
      turn(names.toReversed()),
      turn(['c', 'a', 'd', 'b']),
    ]);
    const total = won.reduce((sum, one) => sum + one, 0);
    for (const name of names) assert.equal((await journal.read(name)).length, total);
  });

  test('a reader of everything sees each event once, in the order of each stream, while many write', async () => {
    const store = await server.store();
    const writers = Array.from({ length: 6 }, async (_, n) => {
      for (let seq = 0; seq < 40; seq++) {
        events(await store.journal.append([put(`s-${n}`, seq, 'A')]));
      }
    });
    const done = new AbortController();
    const written = Promise.all(writers).finally(() => done.abort());
    const seen = new Map<string, number>();
    let cursor = beginning;
    let count = 0;
    const readOn = async (): Promise<void> => {
      const page = await store.readAll(cursor, 17);
      cursor = page.next;
      for (const { stream, seq } of page.events) {
        assert.equal(seq, (seen.get(stream) ?? 0) + 1, stream);
        seen.set(stream, seq);
        count++;
      }
    };
    while (!done.signal.aborted) await readOn();
    await written;
    await until(
      'all events',
      async () => (await readOn(), count),
      (n) => n === 240,
    );
  });

  test('an append in flight hides what came after it from the reader of everything, not from others', async () => {
    const store = await server.store();
    const slow = await server.superuser(store.url);
    await slow.query('begin');
    await slow.query(
      `select backout.append('{slow}', '{0}', '{null}', '{null}', '{null}', '{false}', '{1}', '{"{}"}', '{"{}"}', '{null}')`,
    );
    await store.journal.append([put('fast', 0, 'A')]);
    assert.equal((await store.journal.read('fast')).length, 1);
    assert.deepEqual((await store.readAll()).events, []);
    await slow.query('commit');
    await slow.end();
    const page = await until(
      'both',
      () => store.readAll(),
      ({ events: all }) => all.length === 2,
    );
    assert.deepEqual(
      page.events.map(({ stream }) => stream),
      ['slow', 'fast'],
    );
  });

  test('tells of appends of another process, also those before its connection broke', async () => {
    const writer = await server.store();
    const reader = await server.store({ url: writer.url });
    const heard: string[] = [];
    reader.journal.onAppended((stream) => heard.push(stream));
    await writer.journal.append([put('run-1', 0, 'A')]);
    await until(
      'the first',
      () => heard,
      (all) => all.includes('run-1'),
    );
    const client = await server.superuser(writer.url);
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'backout-listen' and datname = current_database()`,
    );
    await writer.journal.append([put('run-2', 0, 'A')]);
    await until(
      'the second',
      () => heard,
      (all) => all.includes('run-2'),
    );
    await until(
      'a new connection',
      async () => {
        const { rows } = await client.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity
           where application_name = 'backout-listen' and datname = current_database()`,
        );
        return rows[0]?.n;
      },
      (n) => n === 1,
    );
    await client.end();
  });

  test('a time never goes back in a stream, even if the clock does', async () => {
    const store = await server.store();
    await store.journal.append([put('run-1', 0, 'A')]);
    const client = await server.superuser(store.url);
    const ahead = (await store.journal.now()) + 3_600_000;
    await client.query('update backout.head set at = $1', [ahead]);
    const [written] = events(await store.journal.append([put('run-1', 1, 'B')]));
    assert.equal(written?.at, ahead);
    await client.end();
  });

  test('refuses a stream name that could be mistaken for something else in the chain', async () => {
    const { journal } = await server.store();
    await assert.rejects(journal.append([put('run-1\n2', 0, 'A')]), /head_stream_check/);
    await assert.rejects(
      journal.append([{ stream: 'x', expected: 0, events: [event('A', { n: Number.NaN })] }]),
      /finite/,
    );
  });
});
