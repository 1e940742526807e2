// Steps that destroy, on the real engine and a real Postgres: the limit, the environment, and the second person.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import type { TemporaryServer } from '../store/temporary.ts';
import { type Body, type World, makeWorld, step, temporaryServer } from './world.ts';

describe('a step that destroys', { concurrency: 1 }, () => {
  let server: TemporaryServer;
  let world: World;
  let url: string;
  let client: Client;

  before(async () => {
    server = await temporaryServer();
    world = await makeWorld(server);
    url = await server.emptyDatabase();
    client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('create table copies (id int)');
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    await client.query(`alter database "${rows[0]?.name}" set backout.environment = 'production'`);
    await client.query(`create function deleted() returns trigger language plpgsql as $$
      begin insert into gone values (old.id); return old; end $$`);
    await client.query('create table gone (id int)');
    await client.query(
      'create trigger told before delete on copies for each row execute function deleted()',
    );
    await world.startNode('a');
  });

  after(async () => {
    await world.close();
    await client.end();
    await server.stop();
  });

  /** A database that doesn't say which environment it is. */
  const silentDatabase = async (): Promise<string> => {
    const other = await server.emptyDatabase();
    const its = new Client({ connectionString: other });
    await its.connect();
    await its.query('create table copies as select generate_series(1, 3)');
    await its.end();
    return other;
  };

  const fill = async (count: number): Promise<void> => {
    await client.query('truncate copies; truncate gone');
    await client.query('insert into copies select generate_series(1, $1)', [count]);
  };
  const count = async (table: string): Promise<number> => {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`);
    return Number(rows[0]?.count);
  };

  interface Case {
    readonly name: string;
    readonly environment?: string;
    readonly sql?: { readonly [key: string]: string };
    readonly silent?: boolean;
  }

  const begin = async ({
    name,
    environment = 'production',
    sql = {},
    silent = false,
  }: Case): Promise<number> => {
    const at = silent ? await silentDatabase() : url;
    const drop = step('drop-copies', {
      uses: 'sql/holds',
      with: {
        system: 'legacy',
        check: 'select count(*) = 0 from copies',
        apply: 'delete from copies',
        count: 'select count(*) from copies',
        ...sql,
      },
      destructive: { names: 'copies', 'at-most': 100 },
    });
    const declared = environment === '' ? {} : { environment };
    const plan = await world.arm({
      name,
      systems: {
        it: { uses: 'pretend', url: world.system.url },
        legacy: { uses: 'postgres', url: at, ...declared },
      },
      stages: [{ back: [drop] }],
    });
    return world.run(plan);
  };

  const wanted = (run: number, touches: number): Promise<Body> =>
    world.until(
      `run-${run}`,
      (body) => body.type === 'StepConsentWanted' && body['touches'] === touches,
    );
  const blocked = async (run: number): Promise<string> =>
    String((await world.until(`run-${run}`, (body) => body.type === 'StepBlocked'))['because']);
  const consent = async (run: number, typed: string, who: string): Promise<string> => {
    const order = { type: 'ConsentStep', step: 'drop-copies', typed } as const;
    const answer = await world.control.tell(run, order, who);
    return answer.type === 'rejected' ? answer.code : 'done';
  };

  it('shows what it would destroy, and destroys it only when a second person has typed its name', async () => {
    await fill(12);
    const run = await begin({ name: 'consented' });
    const shown = await wanted(run, 12);
    assert.deepEqual([shown['names'], shown['change']], ['copies', 'false -> true by 1 statement']);
    assert.equal(await consent(run, 'copies', 'ada'), 'second-person-wanted');
    assert.equal(await consent(run, 'yes', 'ben'), 'consent-mismatch');
    assert.equal(await count('copies'), 12);
    assert.equal(await consent(run, 'copies', 'ben'), 'done');
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    assert.deepEqual([await count('copies'), await count('gone')], [0, 12]);
  });

  it('asks again when there is more to destroy than was shown, and never takes a row more', async () => {
    await fill(5);
    const run = await begin({ name: 'grown' });
    await wanted(run, 5);
    await client.query('insert into copies values (6), (7)');
    assert.equal(await consent(run, 'copies', 'ben'), 'done');
    await wanted(run, 7);
    assert.equal(await count('gone'), 0);
    assert.equal(await consent(run, 'copies', 'ben'), 'done');
    assert.equal(await world.outcome(run), 'rolled-back-verified');
    assert.equal(await count('gone'), 7);
  });

  it('rolls back what turns out to touch more than was counted', async () => {
    await fill(5);
    const run = await begin({ name: 'miscounted', sql: { count: 'select 1' } });
    await wanted(run, 1);
    await consent(run, 'copies', 'ben');
    assert.match(await blocked(run), /5 rows would be touched, and consent was given to 1/);
    assert.deepEqual([await count('copies'), await count('gone')], [5, 0]);
    await world.control.tell(run, { type: 'AbortRun', because: 'no' }, 'ada');
  });

  for (const [title, given, says] of [
    [
      'more than the plan allows',
      { name: 'too-many' },
      /Cannot destroy 101 in copies: the plan allows 100/,
    ],
    [
      'in an environment that the plan does not declare',
      { name: 'undeclared', environment: '' },
      /the plan does not say which environment/,
    ],
    [
      'where the system can not say which environment it is',
      { name: 'silent', silent: true },
      /can't say which environment it is/,
    ],
  ] as const) {
    it(`never destroys ${title}`, async () => {
      await fill(101);
      const run = await begin(given);
      assert.match(await blocked(run), says);
      assert.equal(await count('copies'), 101);
      await world.control.tell(run, { type: 'AbortRun', because: 'no' }, 'ada');
    });
  }
});
