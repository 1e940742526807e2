// The store's unhappy paths as people meet them: away, locked, of another major, changed by hand; each one sentence, nothing half-done.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Client } from 'pg';
import { postgresPassword } from '../servers/postgres.ts';
import { startServer } from '../servers/server.ts';
import { backout, linesOf, type Said, temporaryFolder } from './backout.ts';
import { type FlagService, shopPlan, startFlags } from './shop-plan.ts';

const folder = temporaryFolder();
const server = await startServer('postgres');
const flags: FlagService = await startFlags();
after(async () => {
  await flags.stop();
  await server.stop();
  folder.remove();
});

writeFileSync(join(folder.path, 'shop.plan.yaml'), shopPlan);
const env = { FLAGS_URL: flags.url, PAGER_SECRET: 'shared-with-the-pager' };
const run = (...words: readonly string[]): Promise<Said> =>
  backout(words, { cwd: folder.path, env });

test('an unreachable database is exit 3 and one sentence, without the password', async () => {
  const said = await run(
    'run',
    'quick',
    '--because',
    'test',
    '--database',
    'postgresql://ada:hunter-two@127.0.0.1:9/backout',
  );
  assert.equal(said.exit, 3);
  assert.match(said.stderr, /Cannot reach the database "backout" at 127\.0\.0\.1:9: .*BK-0109/);
  assert.doesNotMatch(said.stderr + said.stdout, /hunter-two/);
});

test('an address that is no database is a usage error', async () => {
  const said = await run('journal', '--database', 'mysql://127.0.0.1/backout');
  assert.equal(said.exit, 2);
  assert.match(said.stderr, /must begin with postgresql:\/\//);
});

test('data of another major is left alone and named, with what to do', async () => {
  const data = join(folder.path, 'old');
  mkdirSync(join(data, 'postgres'), { recursive: true });
  writeFileSync(join(data, 'postgres', 'PG_VERSION'), '12\n');
  const said = await run('run', 'quick', '--because', 'test', '--data', data);
  assert.equal(said.exit, 3);
  assert.match(said.stderr, /Cannot open this data folder: Postgres 12 made it.*pg_upgrade/);
  assert.deepEqual(readdirSync(join(data, 'postgres')), ['PG_VERSION']);
});

test('doctor makes nothing where there is nothing yet', async () => {
  const data = join(folder.path, 'not-yet');
  const said = await run('doctor', '--data', data);
  assert.equal(said.exit, 0, said.stdout);
  assert.match(said.stdout, /no data in .*not-yet yet/);
  assert.ok(!existsSync(data));
});

describe("on a Postgres of one's own", { skip: server.skip }, () => {
  const database = server.url.replace(/^postgres:/, 'postgresql:');
  const asOwner = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: database });
    await client.connect();
    await client.query(sql);
    await client.end();
  };

  test('a wrong password is exit 3 and says what to correct, without either password', async () => {
    const said = await run(
      'run',
      'quick',
      '--because',
      'test',
      '--database',
      database.replace(postgresPassword, 'not-this-one'),
    );
    assert.equal(said.exit, 3);
    assert.match(
      said.stderr,
      /Cannot sign in to the database .*password authentication failed.*Correct the user and password/,
    );
    assert.doesNotMatch(said.stderr + said.stdout, /not-this-one|a-very-secret/);
    assert.ok(!existsSync(join(folder.path, 'stopped')));
  });

  test('a run works on it as on the managed one', async () => {
    const said = await run('run', 'quick', '--because', 'test', '--database', database);
    assert.equal(said.exit, 0, said.stderr);
    assert.doesNotMatch(said.stderr + said.stdout, /a-very-secret/);
  });

  test('store check finds all well, and mends a projection that was changed', async () => {
    const well = await run('store', 'check', '--database', database);
    assert.equal(well.exit, 0, well.stdout);
    await asOwner(`update backout.summary set summary = '{"run":1}' where stream = 'run-1'`);
    const wrong = await run('store', 'check', '--database', database);
    assert.equal(wrong.exit, 1);
    assert.match(
      wrong.stdout,
      /▲ run-1: projection at event \d+: its summary is not what its events say/,
    );
    assert.match(wrong.stderr, /Next: backout store check --rebuild/);
    const mended = await run('store', 'check', '--rebuild', '--database', database);
    assert.equal(mended.exit, 0, mended.stdout);
    assert.equal((await run('store', 'check', '--database', database)).exit, 0);
  });

  test('a journal row that was changed by hand is named by its stream and number', async () => {
    await asOwner(
      `begin; alter table backout.event disable trigger append_only;
       update backout.event set body = replace(body, 'already-so', 'applied') where stream = 'run-1' and body like '%already-so%';
       update backout.event set body = replace(body, '"because":"test"', '"because":"toast"') where stream = 'run-1' and seq = 1;
       alter table backout.event enable always trigger append_only; commit`,
    );
    const checked = await run('store', 'check', '--database', database, '--json');
    assert.equal(checked.exit, 1);
    const problem = linesOf(checked).find((line) => line.type === 'store-problem');
    assert.deepEqual(
      [problem?.['kind'], problem?.['stream'], problem?.['seq']],
      ['broken-chain', 'run-1', 1],
    );
    const verified = await run('journal', 'verify', 'run-1', '--database', database);
    assert.equal(verified.exit, 1);
    assert.match(verified.stdout, /▲ run-1: event 1 is the first that is not as it was written/);
  });
});
