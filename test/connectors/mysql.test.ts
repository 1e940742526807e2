// The mysql connector on a real MariaDB: the contract, statements that commit unasked, and what must not be left running.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { AnyStateKind, Json, Observation, Reading } from '../../src/connector.ts';
import { mysql } from '../../src/connectors/mysql/mysql.ts';
import { connectorSuite } from '../../src/testing.ts';
import {
  applyCall,
  opened,
  readCall,
  refusalPaths,
  validated,
  type Opened,
} from '../../src/testing/contract-call.ts';
import { makeCertificate } from '../servers/certificate.ts';
import { mariadbPassword, startMariadb } from '../servers/mariadb.ts';
import { temporaryFolder } from '../servers/process.ts';
import { startServer } from '../servers/server.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const server = await startServer('mariadb');
const silent = await startSilentServer();
const nobody = await unusedPort();
const options = { url: server.url, identity: 'select name from environment' };
const elsewhere = (port: number): object => ({
  url: `mysql://backout:${mariadbPassword}@127.0.0.1:${port}/shop`,
});

describe('mysql', { skip: server.skip }, () => {
  let admin: Connection;
  const run = async (sql: string): Promise<readonly RowDataPacket[]> => {
    const [rows] = await admin.query<RowDataPacket[]>(sql);
    return rows;
  };

  before(async () => {
    admin = await createConnection(server.url);
    await run(`create table flag (name varchar(20) primary key, enabled boolean not null)`);
    await run(`create table old_flag (name varchar(20), enabled boolean) engine=MyISAM`);
    await run(`insert into flag values ('writes', true), ('reads', true)`);
    await run(`create table environment (name varchar(20))`);
    await run(`insert into environment values ('staging')`);
    await run(`create user limited@'%' identified by 'limited-password'`);
    await run(`grant select on shop.* to limited@'%'`);
  });
  after(async () => {
    await admin.end();
    await Promise.all([server.stop(), silent.close()]);
  });

  const off = `select not enabled from flag where name = 'writes'`;
  const turn = (on: boolean): string => `update flag set enabled = ${on} where name = 'writes'`;
  const limited = {
    url: server.url.replace(`admin:${mariadbPassword}`, 'limited:limited-password'),
  };

  connectorSuite({
    connector: mysql,
    options: () => options,
    secrets: [mariadbPassword, 'limited-password'],
    unreachable: () => elsewhere(nobody),
    silent: () => ({ ...elsewhere(silent.port), 'connect-timeout': '1s' }),
    forbidden: () => ({ url: server.url.replace(mariadbPassword, 'wrong-password') }),
    badOptions: [
      { value: { url: 'postgres://x' }, path: 'url' },
      { value: { url: 'mysql://x/shop?ssl=true' }, path: 'url' },
      { value: { url: 'mysql://10.0.0.1/shop', tls: true }, path: 'url' },
      { value: { ...options, 'lock-timeout': 5 }, path: 'lock-timeout' },
    ],
    states: [
      {
        name: 'holds',
        desired: () => ({ check: off, apply: turn(false), undo: turn(true) }),
        disturb: async () => void (await run(turn(true))),
        picture: async () =>
          (await run('select name, enabled from flag order by 1')).map((row) => ({ ...row })),
        undoes: true,
        bad: [
          { value: { apply: 'select 1' }, path: 'check' },
          { value: { check: off, apply: [turn(false), '/* so */ COMMIT'] }, path: 'apply.1' },
          { value: { check: off, apply: ['set autocommit = 0'] }, path: 'apply.0' },
          { value: { check: off, apply: [turn(false), 'drop table flag'] }, path: 'apply' },
          { value: { check: off, aply: turn(false) }, path: '' },
        ],
        failures: [
          {
            title: 'the password is wrong',
            options: { url: server.url.replace(mariadbPassword, 'wrong-password') },
            desired: { check: off, apply: turn(false) },
            class: 'not-allowed',
            says: /Check the user and password/,
          },
          {
            title: 'the user may not',
            options: limited,
            desired: { check: 'select false', apply: turn(false) },
            class: 'not-allowed',
            says: /UPDATE command denied/,
          },
          {
            title: 'there is no such database',
            options: { url: server.url.replace(/shop$/, 'no_such') },
            desired: { check: off, apply: turn(false) },
            class: 'target-mismatch',
          },
          {
            title: 'the second statement is wrong',
            desired: { check: off, apply: [turn(false), 'update no_such set a = 1'] },
            class: 'refused',
            says: /no_such/,
          },
          {
            title: 'a statement smuggles in another',
            desired: { check: off, apply: `${turn(false)}; commit` },
            class: 'refused',
            says: /write them as a list/,
          },
          {
            title: 'somebody else holds the row for too long',
            options: { ...options, 'lock-timeout': '1s' },
            desired: {
              check: off,
              apply: [turn(false), `update flag set enabled = 0 where name = 'held'`],
            },
            class: 'timed-out',
            says: /holds a lock/,
          },
          {
            title: 'the server speaks no TLS',
            options: { url: server.url.replace('127.0.0.1', 'localhost'), tls: true },
            desired: { check: off, apply: turn(false) },
            class: 'refused',
            says: /no TLS/,
          },
        ],
      },
    ],
    signals: [
      {
        title: 'the SQL gives a count',
        query: { sql: `select count(*) from flag where name <> 'held';` },
        expect: 'number',
        value: 2,
      },
      {
        title: 'the SQL gives a decimal, and ends with a comment',
        query: { sql: 'select cast(0.25 as decimal(5,3)) -- a quarter' },
        expect: 'number',
        value: 0.25,
      },
      { title: 'the SQL gives true', query: { sql: 'select 1 = 1' }, expect: 'number', value: 1 },
      { title: 'the SQL gives a bit', query: { sql: `select b'1'+0` }, expect: 'number', value: 1 },
      {
        title: 'the SQL gives null',
        query: { sql: 'select sum(enabled) from flag where false' },
        expect: 'no-data',
      },
      {
        title: 'the SQL gives no row',
        query: { sql: 'select 1 from flag where false' },
        expect: 'no-data',
      },
      { title: 'the SQL gives 1/0', query: { sql: `select 1/0` }, expect: 'no-data' },
      {
        title: 'the SQL gives two rows',
        query: { sql: 'select enabled from flag' },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'the SQL gives two columns',
        query: { sql: 'select 1, 2' },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'the SQL gives a text',
        query: { sql: `select 'x'` },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'nobody listens',
        options: elsewhere(nobody),
        query: { sql: 'select 1' },
        expect: 'error',
        class: 'cannot-reach',
      },
      {
        title: 'nobody answers for longer than a connection may take',
        options: { ...elsewhere(silent.port), 'connect-timeout': '100ms' },
        query: { sql: 'select 1' },
        expect: 'error',
        class: 'cannot-reach',
      },
    ],
  });

  let other: Connection;
  before(async () => {
    // Held by somebody else for all of these tests: what waits for it waits in vain.
    other = await createConnection(server.url);
    await other.query(`insert into flag values ('held', true)`);
    await other.query('begin');
    await other.query(`select * from flag where name = 'held' for update`);
  });
  after(() => other.end());

  const secrets = [mariadbPassword, 'limited-password'];
  const open = (given: unknown = options): Promise<Opened> =>
    opened({ connector: mysql, options: () => options, secrets }, given);
  const read = async (sql: string, deadlineMs = 10_000): Promise<Reading> => {
    const system = await open();
    const when = { type: 'at', at: Date.now() } as const;
    const call = readCall({ deadlineMs });
    const [reading] = (await mysql.signal?.read(system.client as never, { sql }, when, call)) ?? [];
    return reading ?? assert.fail();
  };
  const kind: AnyStateKind = mysql.states?.['holds'] ?? assert.fail();
  const apply = async (
    wanted: object,
    given: unknown = options,
    key = 'run-1/x',
  ): Promise<Json> => {
    const system = await open(given);
    const desired: unknown = await validated(kind.desired, wanted);
    return (await kind.apply?.(system.client, desired, applyCall(key, 1))) ?? null;
  };
  const count = async (table: string): Promise<number> =>
    Number((await run(`select count(*) as n from ${table}`))[0]?.['n']);

  it('says which server, database, role and environment it is, and what its user may do', async () => {
    const identity = await mysql.identify!((await open()).client as never, readCall());
    assert.equal(identity.environment, 'staging');
    assert.equal(identity.role, 'primary');
    assert.match(identity.id ?? '', /^.+\/shop$/);
    const system = await open(limited);
    const answer = await mysql.probe!(system.client as never, readCall());
    assert.equal(answer.type, 'ready');
    assert.match(JSON.stringify(answer), /SELECT ON `shop`/);
    assert.ok(!JSON.stringify(answer).includes('*'.concat('0')), 'no hash of a password is said');
    assert.doesNotMatch(JSON.stringify(answer), /IDENTIFIED|PASSWORD/i);
  });

  it('changes nothing by a signal, whatever its SQL does', async () => {
    await run(
      `create function forget() returns int modifies sql data begin delete from old_flag; delete from flag; return 1; end`,
    );
    await run(`insert into old_flag values ('x', 1)`);
    for (const sql of ['select forget()', 'select 1; delete from flag', 'delete from flag'])
      assert.equal((await read(sql)).type, 'error', sql);
    assert.deepEqual([await count('flag'), await count('old_flag')], [3, 1]);
  });

  it('reads no more than it needs of an endless answer', async () => {
    const reading = await read('select seq from seq_1_to_2000000000');
    assert.equal(reading.type === 'error' && reading.class, 'refused', JSON.stringify(reading));
  });

  it(
    'leaves no statement and no lock on the server when its time is over',
    { timeout: 20_000 },
    async () => {
      await run(`insert into flag values ('slow', true)`);
      const system = await open();
      const desired: unknown = await validated(kind.desired, {
        check: 'select false',
        apply: [`update flag set enabled = 0 where name = 'slow'`, 'do sleep(60)'],
      });
      const call = applyCall('run-1/slow', 1, { deadlineMs: 700 });
      await assert.rejects(async () => kind.apply?.(system.client, desired, call), {
        class: 'timed-out',
      });
      // Were the server not told to stop, this row would stay locked for a minute.
      await run(`update flag set enabled = 1 where name = 'slow'`);
      const running = await run(
        `select id from information_schema.processlist where info like '%sleep(60)%' and id <> connection_id()`,
      );
      assert.equal(running.length, 0);
      await run(`delete from flag where name = 'slow'`);
    },
  );

  it('applies once when an attempt that was given up and the one after it run at the same time', async () => {
    await run('create table carried (n int)');
    const desired: unknown = await validated(kind.desired, {
      check: 'select count(*) > 0 from carried',
      apply: ['insert into carried values (1)', 'do sleep(0.2)'],
    });
    const [first, second] = [await open(), await open()];
    await Promise.all([
      kind.apply?.(first.client, desired, applyCall('run-9/carry', 1)),
      kind.apply?.(second.client, desired, applyCall('run-9/carry', 2)),
    ]);
    assert.equal(await count('carried'), 1);
  });

  it('changes a table by a statement that stands alone, and says that it has committed itself', async () => {
    const wanted = {
      check: `select count(*) = 1 from information_schema.columns where table_name = 'flag' and column_name = 'note'`,
      apply: 'alter table flag add column note varchar(20)',
    };
    const receipt = await apply({
      ...wanted,
      apply: `alter table old_flag add column x int`,
      check: 'select 0',
    });
    assert.deepEqual(receipt, {
      statements: [{ command: 'ALTER', rows: 1, committedUnasked: true }],
      already: false,
    });
    assert.deepEqual(
      await refusalPaths(kind.desired, { ...wanted, apply: [turn(true), wanted.apply] }),
      ['apply'],
    );
  });

  it('stops behind a procedure that has committed, and says that what follows was not run', async () => {
    await run(
      'create procedure commits() begin update flag set enabled = 0 where name = "reads"; commit; end',
    );
    await assert.rejects(
      apply({ check: 'select 0', apply: ['call commits()', 'insert into carried values (2)'] }),
      /"call commits\(\)" has committed what was done so far/,
    );
    assert.equal(await count('carried'), 1);
  });

  it('says what stays in tables that know no way back', async () => {
    const apply2 = [`insert into old_flag (name) values ('left')`, 'update no_such set a = 1'];
    await assert.rejects(apply({ check: 'select 0', apply: apply2 }), {
      class: 'refused',
      message: /tables without transactions .* stays/,
    });
  });

  it('takes a deadlock and a killed connection for something to ask again', async () => {
    const system = await open();
    const desired: unknown = await validated(kind.desired, {
      check: 'select 0',
      apply: ['insert into carried values (3)', 'do sleep(30)'],
    });
    const failing = assert.rejects(
      async () =>
        kind.apply?.(system.client, desired, applyCall('run-1/killed', 1, { deadlineMs: 60_000 })),
      { class: 'cannot-reach' },
    );
    const sleeper = async (): Promise<unknown> =>
      (
        await run(
          `select id from information_schema.processlist where info like '%sleep(30)%' and id <> connection_id()`,
        )
      )[0]?.['id'];
    let id = await sleeper();
    while (id === undefined) id = await sleeper();
    await run(`kill ${Number(id)}`);
    await failing;
    assert.equal(await count('carried'), 1);
    await run(
      `create procedure gives_up() signal sqlstate '40001' set mysql_errno = 1213, message_text = 'Deadlock found'`,
    );
    await assert.rejects(apply({ check: 'select 0', apply: 'call gives_up()' }), {
      class: 'cannot-reach',
    });
  });

  it('takes a server that is read only for the wrong one', async () => {
    await run('set global read_only = 1');
    try {
      await run(`grant insert, update on shop.* to limited@'%'`);
      const identity = await mysql.identify!((await open(limited)).client as never, readCall());
      assert.equal(identity.role, 'replica');
      await assert.rejects(apply({ check: 'select 0', apply: turn(false) }, limited), {
        class: 'target-mismatch',
        message: /replica\?/,
      });
    } finally {
      await run('set global read_only = 0');
    }
  });

  it('says so when what answers there is no MySQL', async () => {
    const other = createServer((socket) => {
      socket.on('error', () => undefined).write(Buffer.from([0, 0, 0, 0, 255, 255, 255]));
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo; // a server on TCP has such an address
    try {
      const system = await open(elsewhere(port));
      const desired: unknown = await validated(kind.desired, { check: 'select 1' });
      await assert.rejects(kind.observe(system.client, desired, readCall()), {
        class: 'cannot-reach',
        message: /speaks no MySQL/,
      });
    } finally {
      other.close();
    }
  });

  it('compares the value of a check with what the plan says, and shows both', async () => {
    const system = await open();
    const observe = async (check: string, equals?: unknown): Promise<Observation> => {
      const desired: unknown = await validated(kind.desired, { check, equals });
      return kind.observe(system.client, desired, readCall());
    };
    assert.equal((await observe('select 1 = 1')).type, 'holds');
    assert.equal((await observe('select 1 = 0', false)).type, 'holds');
    assert.equal((await observe(`select 'off'`, 'off')).type, 'holds');
    assert.equal(
      (await observe(`select 18446744073709551615`, '18446744073709551615')).type,
      'holds',
    );
    const differs = await observe('select count(*) from flag', true);
    assert.equal(
      differs.type === 'differs' && differs.change,
      '3 -> true by hand: the plan gives no apply',
    );
    assert.equal((await observe('select 1 from flag where false', 3)).type, 'unknown');
  });

  it('proves by its certificate and name that a server is the one that is meant', async () => {
    const folder = temporaryFolder('mariadb-tls');
    const { certificate, key } = await makeCertificate(folder);
    const tls = await startMariadb([
      `--ssl-cert=${certificate}`,
      `--ssl-key=${key}`,
      '--require-secure-transport=1',
    ]);
    try {
      const check = {
        check: `select variable_value <> '' from information_schema.session_status where variable_name = 'ssl_cipher'`,
      };
      const url = tls.url.replace('127.0.0.1', 'localhost');
      const observe = async (given: object): Promise<Observation> => {
        const system = await open({ url, ...given });
        return kind.observe(system.client, await validated(kind.desired, check), readCall());
      };
      const trusting = { 'tls-ca': certificate };
      assert.equal((await observe(trusting)).type, 'holds');
      await assert.rejects(observe({ tls: true }), { class: 'target-mismatch' });
      await assert.rejects(observe({}), { class: 'not-allowed', message: /tls: true/ });
      const owner = await createConnection({ uri: url, ssl: { rejectUnauthorized: false } });
      await makeCertificate(folder, 'DNS:db.example.com');
      await owner.query('flush ssl');
      await owner.end();
      await assert.rejects(observe(trusting), { class: 'target-mismatch', message: /altnames/ });
    } finally {
      await tls.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
