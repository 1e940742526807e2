// A database that cannot serve: each a clear sentence with what to do, and no password in it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { put } from '../../test/store/journal-contract.ts';
import { temporaryServer, type TemporaryServer } from '../../test/store/temporary.ts';
import { startPooler } from '../../test/store/transaction-pooler.ts';
import { placeOf, StoreError, StoreUnreachable } from './errors.ts';
import { openStore } from './store.ts';

let server: TemporaryServer;
before(async () => {
  server = await temporaryServer();
  const { managed } = server;
  const hba = join(managed.places.data, 'pg_hba.conf');
  writeFileSync(hba, `local all tester scram-sha-256\n${readFileSync(hba, 'utf8')}`);
  const client = await server.superuser(managed.url);
  await client.query(`create role tester login password 'hunter2'`);
  await client.query('create database owned owner tester');
  await client.query('select pg_reload_conf()');
  await client.end();
});
after(() => server.stop());

test('a wrong password', async () => {
  const error = await refused(urlOf('owned').replace('backout@', 'tester:hunter3@'));
  assert.equal(error.code, 'wrong-password');
  assert.match(error.message, /Cannot sign in to the database "owned" at .*"tester"/);
});

test('a database that does not exist', async () => {
  const error = await refused(urlOf('nowhere'));
  assert.equal(error.code, 'no-such-database');
  assert.match(error.message, /Create it \(createdb\)/);
});

test('nobody listens there, no such host, no such socket', async () => {
  for (const url of [
    'postgresql://tester:hunter2@127.0.0.1:1/backout',
    'postgresql://tester:hunter2@nowhere.invalid/backout',
    'postgresql://tester:hunter2@/backout?host=%2Fnowhere',
  ]) {
    const error = await refused(url);
    assert.ok(error instanceof StoreUnreachable, error.message);
    assert.match(error.message, /Cannot reach the database "backout" at .*Is the server up/);
  }
});

test('a server that accepts and never answers, or answers something else', async () => {
  const greet = async (greeting: string): Promise<void> => {
    const sockets: Socket[] = [];
    const other = createServer((socket) => {
      sockets.push(socket);
      socket.write(greeting);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const error = await refused(`postgresql://tester:hunter2@127.0.0.1:${port}/backout`);
    assert.equal(error.code, 'unreachable', error.message);
    for (const socket of sockets) socket.destroy();
    other.close();
  };
  await Promise.all([greet(''), greet('HTTP/1.1 400 Bad Request\r\n\r\n')]);
});

test('a database that only reads', async () => {
  const url = await server.emptyDatabase();
  const client = await server.superuser(url);
  await client.query('alter database empty_1 set default_transaction_read_only = on');
  await client.end();
  const error = await refused(url);
  assert.equal(error.code, 'read-only');
  assert.match(error.message, /Point the database URL at the primary/);
});

test('a pooler that shares connections between clients', async () => {
  const pooler = await startPooler(server.managed.socket, 'backout', 'owned');
  const error = await refused(`postgresql://tester:hunter2@127.0.0.1:${pooler.port}/owned`);
  assert.equal(error.code, 'pooler-in-the-way', error.message);
  assert.match(error.message, /session mode/);
  await pooler.close();
});

test('something that is no database URL', async () => {
  assert.equal((await refused('mysql://tester:hunter2@host/db')).code, 'bad-url');
  assert.equal((await refused('')).code, 'bad-url');
});

test('a user who may make no role works on, and doctor is told', async () => {
  const url = urlOf('owned').replace('backout@', 'tester:hunter2@');
  const store = await server.store({ url });
  assert.equal(store.warnings.length, 1);
  assert.match(store.warnings[0] ?? '', /append-only by trigger alone.*create role/);
  assert.equal((await store.journal.append([put('run-1', 0, 'A')])).type, 'appended');
  await assert.rejects(store.database.query('delete from backout.event'), /append-only/);
});

test('a database that cuts us off is used again as soon as it lets us in', async () => {
  const url = await server.emptyDatabase();
  const store = await server.store({ url });
  const client = await server.superuser(server.managed.url);
  const name = new URL(url.replace('@/', '@x/')).pathname.slice(1);
  await client.query(`alter database ${name} allow_connections false`);
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
  );
  await assert.rejects(store.journal.read('run-1'), StoreError);
  await client.query(`alter database ${name} allow_connections true`);
  assert.deepEqual(await store.journal.read('run-1'), []);
  await client.end();
});

test('a database is named without its password', () => {
  assert.equal(
    placeOf('postgresql://u:p%40ss@db.example:5433/x?sslmode=require'),
    'the database "x" at db.example:5433',
  );
  assert.equal(placeOf('postgresql://u@/x?host=%2Frun%2Fpg'), 'the database "x" at /run/pg');
  assert.equal(placeOf('rubbish'), 'the database');
});

function urlOf(database: string): string {
  return server.managed.url.replace('/backout?', `/${database}?`);
}

/** Opens in vain; no secret may be in what is said, shown or logged of it. */
async function refused(url: string): Promise<StoreError> {
  try {
    const store = await openStore({ url });
    await store.close();
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error.facts)} ${error.stack}`, /hunter/);
    assert.match(error.message, /^\[store\] .*\.$|\?$/);
    return error;
  }
  throw new Error('It opened.');
}
