// The shape of the database: made once, by one process, and never touched by an older Backout.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { put } from '../../test/store/journal-contract.ts';
import { temporaryServer, type TemporaryServer } from '../../test/store/temporary.ts';
import { StoreError } from './errors.ts';
import { migrate, readMigrations, type Migration } from './migrate.ts';

let server: TemporaryServer;
before(async () => {
  server = await temporaryServer();
});
after(() => server.stop());

test('many that open an empty database at once make it once', async () => {
  const url = await server.emptyDatabase();
  const stores = await Promise.all(Array.from({ length: 4 }, () => server.store({ url })));
  const rows = await stores[0]?.database.query(
    'select number from backout.migration order by number',
  );
  assert.deepEqual(
    rows,
    readMigrations().map(({ number }) => ({ number })),
  );
});

test('the files are numbered from 1 without gaps', () => {
  assert.deepEqual(
    readMigrations().map(({ number }) => number),
    readMigrations().map((_, index) => index + 1),
  );
});

test('a database that a newer Backout changed is left alone', async () => {
  const { url } = await server.store();
  const client = await server.superuser(url);
  await client.query(
    `insert into backout.migration (number, name, checksum) values (9999, '9999-future.sql', 'x')`,
  );
  await client.end();
  await assert.rejects(
    server.store({ url }),
    hasCode('newer-backout', /9999-future\.sql.*Install that version/),
  );
});

test('a migration whose text was changed after it was applied is noticed', async () => {
  const { url } = await server.store();
  const client = await server.superuser(url);
  await client.query(`update backout.migration set checksum = 'x' where number = 1`);
  await client.end();
  await assert.rejects(server.store({ url }), hasCode('changed-migration', /0001-journal\.sql/));
});

test('a migration that fails leaves nothing of itself and of those before it', async () => {
  const client = await server.superuser(await server.emptyDatabase());
  const make = (number: number, sql: string): Migration => ({
    number,
    name: `${number}.sql`,
    checksum: sql,
    sql,
  });
  const broken = [make(1, 'create table backout.one ()'), make(2, 'create table nonsense')];
  await assert.rejects(migrate(client, 'x', broken), /syntax error/);
  const { rows } = await client.query(`select 1 from pg_namespace where nspname = 'backout'`);
  assert.deepEqual(rows, []);
  assert.equal(await migrate(client, 'x', broken.slice(0, 1)), true);
  assert.equal(await migrate(client, 'x', broken.slice(0, 1)), false);
  await client.end();
});

test('after a move to another cluster, readers of everything still see the old events first', async () => {
  const store = await server.store();
  await store.journal.append([put('old', 0, 'A')]);
  const client = await server.superuser(store.url);
  // As after dump and restore: written by transactions that this cluster has not reached.
  await client.query(`alter table backout.event disable trigger all`);
  await client.query(`update backout.event set transaction = '999999999'`);
  await client.query(`alter table backout.event enable always trigger append_only`);
  await client.query(`update backout.cluster set system_identifier = 'the old one'`);
  await client.end();
  const moved = await server.store({ url: store.url });
  await moved.journal.append([put('new', 0, 'A')]);
  const { events } = await moved.readAll();
  assert.deepEqual(
    events.map(({ stream }) => stream),
    ['old', 'new'],
  );
});

function hasCode(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}
