// The postgres connector on a real server: the contract, and what a customer's database must be safe from.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import type { AnyStateKind, Observation, Reading } from '../../src/connector.ts';
import { postgres } from '../../src/connectors/postgres/postgres.ts';
import { connectorSuite } from '../../src/testing.ts';
import {
  applyCall,
  opened,
  readCall,
  validated,
  type Opened,
} from '../../src/testing/contract-call.ts';
import { postgresPassword } from '../servers/postgres.ts';
import { startServer } from '../servers/server.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const server = await startServer('postgres');
const silent = await startSilentServer();
const nobody = await unusedPort();
const admin = new Client({ connectionString: server.url });
const options = { url: server.url };
const elsewhere = (port: number): object => ({
  url: `postgres://backout:${postgresPassword}@127.0.0.1:${port}/shop`,
});

describe('postgres', { skip: server.skip }, () => {
  before(async () => {
    await admin.connect();
    await admin.query(`alter database postgres set backout.environment = 'staging'`);
    await admin.query(`create table flag (name text primary key, enabled boolean not null)`);
    await admin.query(`insert into flag values ('writes', true), ('reads', true)`);
    await admin.query(`create role limited login password 'limited-password'`);
  });
  after(async () => {
    await admin.end();
    await Promise.all([server.stop(), silent.close()]);
  });

  const off = `select not enabled from flag where name = 'writes'`;
  const turn = (on: boolean): string => `update flag set enabled = ${on} where name = 'writes'`;
  const limited = {
    url: server.url.replace(`postgres:${postgresPassword}`, 'limited:limited-password'),
  };

  connectorSuite({
    connector: postgres,
    options: () => options,
    secrets: [postgresPassword, 'limited-password'],
    unreachable: () => elsewhere(nobody),
    silent: () => ({ ...elsewhere(silent.port), 'connect-timeout': '1s' }),
    badOptions: [
      { value: { url: 'mysql://x' }, path: 'url' },
      { value: { ...options, 'lock-timeout': 5 }, path: 'lock-timeout' },
    ],
    states: [
      {
        name: 'holds',
        desired: () => ({ check: off, apply: turn(false), undo: turn(true) }),
        disturb: async () => void (await admin.query(turn(true))),
        picture: async () =>
          (await admin.query('select name, enabled, xmin::text from flag order by 1')).rows.map(
            ({ name, enabled }: { name: string; enabled: boolean }) => ({ name, enabled }),
          ),
        undoes: true,
        bad: [
          { value: { apply: 'select 1' }, path: 'check' },
          { value: { check: off, apply: [turn(false), 'COMMIT'] }, path: 'apply.1' },
          { value: { check: off, aply: turn(false) }, path: '' },
        ],
        failures: [
          {
            title: 'the password is wrong',
            options: { url: server.url.replace(postgresPassword, 'wrong-password') },
            desired: { check: off, apply: turn(false) },
            class: 'not-allowed',
            says: /Check the user and password/,
          },
          {
            title: 'the user may not',
            options: limited,
            desired: { check: 'select false', apply: turn(false) },
            class: 'not-allowed',
            says: /permission denied for table flag/,
          },
          {
            title: 'there is no such database',
            options: { url: server.url.replace(/postgres$/, 'no_such') },
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
            title: 'a statement smuggles in another that ends the transaction',
            desired: { check: off, apply: `${turn(false)}; commit; select 1/0` },
            class: 'refused',
            says: /write them as a list/,
          },
          {
            title: 'nobody may wait for a lock for long',
            options: { ...options, 'lock-timeout': '100ms' },
            desired: { check: off, apply: ['select pg_advisory_xact_lock(7)', turn(false)] },
            class: 'timed-out',
            says: /lock/,
          },
        ],
      },
    ],
    signals: [
      {
        title: 'the SQL gives a count',
        query: { sql: 'select count(*) from flag' },
        expect: 'number',
        value: 2,
      },
      {
        title: 'the SQL gives a numeric',
        query: { sql: 'select 0.25::numeric;' },
        expect: 'number',
        value: 0.25,
      },
      { title: 'the SQL gives true', query: { sql: 'select true' }, expect: 'number', value: 1 },
      {
        title: 'the SQL gives null',
        query: { sql: 'select sum(1) from flag where false' },
        expect: 'no-data',
      },
      { title: 'the SQL gives no row', query: { sql: 'select 1 where false' }, expect: 'no-data' },
      { title: 'the SQL gives NaN', query: { sql: `select 'NaN'::float8` }, expect: 'no-data' },
      {
        title: 'the SQL gives two rows',
        query: { sql: 'select 1 from flag' },
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
      { title: 'the SQL would write', query: { sql: `select setval('x', 1)` }, expect: 'error' },
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

  before(async () => {
    // Held by somebody else for all of these tests: what waits for it waits in vain.
    await admin.query('select pg_advisory_lock(7)');
  });

  const open = (): Promise<Opened> =>
    opened({ connector: postgres, options: () => options, secrets: [postgresPassword] });
  const read = async (system: Opened, sql: string, deadlineMs = 10_000): Promise<Reading> => {
    const when = { type: 'at', at: Date.now() } as const;
    const [reading] =
      (await postgres.signal?.read(
        system.client as never,
        { sql },
        when,
        readCall({ deadlineMs }),
      )) ?? [];
    return reading ?? assert.fail();
  };
  const kind: AnyStateKind = postgres.states?.['holds'] ?? assert.fail();

  it('says which server, database, role and environment it is', async () => {
    const system = await open();
    const identity = await postgres.identify!(system.client as never, readCall());
    assert.equal(identity.environment, 'staging');
    assert.equal(identity.role, 'primary');
    assert.match(identity.id ?? '', /^\d+\/postgres$/);
    await system.close();
  });

  it('changes nothing by a signal, whatever its SQL does', async () => {
    const system = await open();
    for (const sql of [
      `with gone as (delete from flag returning 1) select count(*) from gone`,
      `select 1; delete from flag`,
      `select pg_notify('x', 'y') is null`,
    ]) {
      await read(system, sql);
    }
    assert.equal((await admin.query('select 1 from flag')).rowCount, 2);
    await system.close();
  });

  it('reads no more than it needs of an endless answer', async () => {
    const system = await open();
    const reading = await read(
      system,
      'select 1 from (select generate_series(1, 2000000000)) as n',
    );
    assert.equal(reading.type === 'error' && reading.class, 'refused');
    await system.close();
  });

  it(
    'leaves no statement running on the server when its time is over',
    { timeout: 20_000 },
    async () => {
      const system = await open();
      const reading = await read(system, 'select 1 from pg_sleep(60)', 300);
      assert.equal(reading.type === 'error' && reading.class, 'timed-out');
      const running = async (): Promise<boolean> => {
        const found = await admin.query(
          `select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`,
        );
        return found.rowCount !== 0;
      };
      // The server was asked to stop it; a busy one takes a moment. Were it not asked, this would wait for a minute.
      while (await running()) await new Promise(setImmediate);
      await system.close();
    },
  );

  it('lives through a lost connection and uses a new one', async () => {
    const system = await open();
    await read(system, 'select 1');
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'backout'`,
    );
    const readings = [await read(system, 'select 1'), await read(system, 'select 1')];
    assert.equal(readings.at(-1)?.type, 'number', JSON.stringify(readings));
    await system.close();
  });

  it('compares the value of a check with what the plan says, and shows both', async () => {
    const system = await open();
    const observe = async (check: string, equals: unknown): Promise<Observation> => {
      const desired: unknown = await validated(kind.desired, { check, equals });
      return kind.observe(system.client, desired, readCall());
    };
    assert.equal((await observe('select count(*) from flag', 2)).type, 'holds');
    assert.equal((await observe(`select 'off'`, 'off')).type, 'holds');
    const differs = await observe('select count(*) from flag', 3);
    assert.equal(
      differs.type === 'differs' && differs.change,
      '2 -> 3 by hand: the plan gives no apply',
    );
    assert.equal((await observe('select 1 where false', 3)).type, 'unknown');
    await system.close();
  });

  it('applies once when an attempt that was given up and the one after it run at the same time', async () => {
    await admin.query('create table carried (n int)');
    const [first, second] = [await open(), await open()];
    const desired: unknown = await validated(kind.desired, {
      check: 'select count(*) > 0 from carried',
      apply: ['insert into carried values (1)', 'select pg_sleep(0.2)'],
    });
    await Promise.all([
      kind.apply?.(first.client, desired, applyCall('run-9/carry', 1)),
      kind.apply?.(second.client, desired, applyCall('run-9/carry', 2)),
    ]);
    assert.equal((await admin.query('select 1 from carried')).rowCount, 1);
    await Promise.all([first.close(), second.close()]);
  });
});
