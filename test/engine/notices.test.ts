// Notices out and events in: each told once to each channel, each event counted once, and no secret anywhere.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { type Received, defineChannel, defineConnector } from '../../src/connector.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { pretendedConnectors } from './pretended-connector.ts';
import { type Body, type World, eventually, makeWorld, step, temporaryServer } from './world.ts';

const SECRET = 'p/ss wörd&20?26=hunter2';

const broken = defineConnector({
  name: 'broken',
  summary: 'A channel that never works',
  options: z.object({}),
  open: () => null,
  channel: defineChannel({
    summary: 'Nowhere',
    address: z.object({}),
    send: async () => {
      throw new Error('nobody lives here');
    },
  }),
});

const Event = z.object({ id: z.string(), at: z.number(), state: z.string(), type: z.string() });

const hook = defineConnector({
  name: 'hook',
  summary: 'Takes events',
  options: z.object({}),
  open: () => null,
  events: {
    summary: 'Signed by a word',
    receive: async (_client, { headers, body }): Promise<Received> => {
      if (headers['signature'] !== 'good')
        return { type: 'rejected', status: 401, because: '[hook] The signature is not ours.' };
      const { id, at, ...data } = Event.parse(JSON.parse(new TextDecoder().decode(body)));
      return { type: 'accepted', events: [{ type: 'event', id, at, data }] };
    },
  },
});

describe('notices and events', () => {
  let server: TemporaryServer;
  let world: World;

  before(async () => {
    server = await temporaryServer();
    const secret = (name: string): string | undefined => (name === 'TOKEN' ? SECRET : undefined);
    world = await makeWorld(server, { connectors: pretendedConnectors({ broken, hook }), secret });
    await world.startNode('a');
    await world.startNode('b');
  });

  after(async () => {
    await world.close();
    await server.stop();
  });

  const noticesOf = (plan: string): Promise<readonly Body[]> => world.bodies(`notices-${plan}`);

  it('tells each channel of start and end once, retries with backoff, and a channel that fails stops no other', async () => {
    world.system.faults.set('notice/slow', { status: 503, times: 2 });
    const plan = await world.arm({
      name: 'told',
      systems: { it: { uses: 'pretend', url: world.system.url }, gone: { uses: 'broken' } },
      notices: {
        on: ['run-start', 'run-end'],
        to: [
          { channel: 'gone', with: {} },
          { channel: 'it', with: { box: 'ops' } },
          { channel: 'it', with: { box: 'slow' } },
        ],
      },
    });
    const run = await world.run(plan);
    await world.outcome(run);
    await eventually(
      'every notice',
      () => world.system.noticed,
      (noticed) => noticed.length >= 4,
    );
    const arrived = world.system.noticed.map(({ id, to }) => `${to} ${id}`).toSorted();
    assert.deepEqual(arrived, [
      `ops run-${run}-end/1`,
      `ops run-${run}-start/1`,
      `slow run-${run}-end/2`,
      `slow run-${run}-start/2`,
    ]);
    const receipts = await eventually(
      'the receipts',
      () => noticesOf(plan),
      (bodies) => bodies.filter((body) => body.type === 'NoticeSent').length === 4,
    );
    const failed = receipts.filter((body) => body.type === 'NoticeFailed');
    assert.ok(
      failed.some(
        (body) =>
          body['channel'] === 'gone' && String(body['because']).includes('nobody lives here'),
      ),
    );
    assert.equal(failed.filter((body) => body['channel'] === 'it').length, 2);
  });

  it('asks people once for a decision', async () => {
    const plan = await world.arm(
      {
        name: 'wanted',
        triggers: {
          errors: {
            class: 'availability',
            when: { signal: 'errors', above: 5, for: '0s' },
            mode: 'review',
            review: { by: 'technical', within: '60s', silence: 'hold' },
            playbook: 'full',
          },
        },
        notices: { on: ['decision-wanted'], to: [{ channel: 'it', with: { box: 'pager' } }] },
      },
      'cutover',
    );
    world.system.set('errors', 10);
    await world.until(`notices-${plan}`, (body) => body.type === 'NoticeSent');
    const [notice, second] = world.system.noticed.filter(({ to }) => to === 'pager');
    assert.match(notice?.text ?? '', /Roll back: backout approve wanted\/1/);
    assert.equal(second, undefined);
    const held = await world.control.decide(plan, { type: 'Hold', forMs: 600_000 }, 'ada');
    assert.equal(held.type, 'done');
    world.system.set('errors', 0);
  });

  it('takes signed events once, whenever and how often they come, and a failing one is a trigger', async () => {
    const plan = await world.arm(
      {
        name: 'events',
        systems: { it: { uses: 'pretend', url: world.system.url }, deploys: { uses: 'hook' } },
        signals: {
          deploy: {
            from: 'deploys',
            event: 'deployment',
            where: { '/state': 'failure' },
            every: '100ms',
          },
          errors: { from: 'it', of: 'calm' },
        },
        triggers: {
          bad: {
            class: 'availability',
            when: { signal: 'deploy', is: 'failing', for: '0s' },
            mode: 'advise',
            playbook: 'full',
          },
        },
        phases: [{ name: 'cutover', failure: ['bad'], rollback: 'full' }],
      },
      'cutover',
    );
    const { inbox } = world.ground;
    const send = (id: string, at: number, state: string, signature = 'good') =>
      inbox.take(plan, 'deploys', {
        method: 'POST',
        path: '/',
        headers: { signature },
        body: new TextEncoder().encode(JSON.stringify({ id, at, state, type: 'deployment' })),
        receivedAt: at,
      });
    const now = await world.control.now();
    assert.deepEqual(await send('1', now, 'failure', 'forged'), {
      type: 'rejected',
      status: 401,
      because: '[hook] The signature is not ours.',
    });
    assert.equal(
      (
        await inbox.take('nothing', 'deploys', {
          method: 'POST',
          path: '/',
          headers: {},
          body: new Uint8Array(),
          receivedAt: now,
        })
      ).type,
      'rejected',
    );
    assert.deepEqual(await send('2', now, 'failure'), { type: 'taken', fresh: 1, repeated: 0 });
    await world.until(`migration-${plan}`, (body) => body.type === 'TriggerAdvised');
    assert.deepEqual(await send('3', now + 10, 'success'), {
      type: 'taken',
      fresh: 1,
      repeated: 0,
    });
    await world.until(`migration-${plan}`, (body) => body.type === 'TriggerCleared');
    // A replay, and an old failure that arrives late, change nothing.
    assert.deepEqual(await send('2', now, 'failure'), { type: 'taken', fresh: 0, repeated: 1 });
    assert.deepEqual(await send('4', now + 5, 'failure'), {
      type: 'taken',
      fresh: 1,
      repeated: 0,
    });
    assert.deepEqual(await inbox.read(plan, 'deploy', now), {
      type: 'number',
      at: now,
      value: 1,
    });
  });

  it('names a missing secret, and lets no secret out anywhere', async () => {
    const systems = (token: string) => ({
      it: { uses: 'pretend', url: world.system.url, token },
    });
    const missing = await world.run(
      await world.arm({
        name: 'missing',
        systems: systems('${ABSENT}'),
        stages: [{ back: [step('missing')] }],
      }),
    );
    const blocked = await world.until(`run-${missing}`, (body) => body.type === 'StepBlocked');
    assert.match(String(blocked['because']), /system it needs ABSENT.*Set it where backout runs/);

    world.system.faults.set('apply/leaky', {
      status: 503,
      body: `denied for ${SECRET} and ${encodeURIComponent(SECRET)}`,
      times: 1,
    });
    const plan = await world.arm({
      name: 'leaky',
      systems: systems('${TOKEN}'),
      stages: [
        {
          back: [
            step('leaky', {
              with: { system: 'it', name: 'leaky', to: 1, secret: '${TOKEN}' },
              retry: { times: 2, backoff: '100ms' },
            }),
          ],
        },
      ],
      notices: { on: ['run-start', 'run-end'], to: [{ channel: 'it', with: { box: 'leaks' } }] },
    });
    assert.equal(await world.outcome(await world.run(plan)), 'rolled-back-verified');
    await eventually(
      'the notices',
      () => noticesOf(plan),
      (bodies) => bodies.length === 2,
    );

    const everything = `${await dump(world)}\n${JSON.stringify(world.system.noticed)}\n${world.logged.join('\n')}`;
    assert.match(everything, /leaky/, 'the dump holds something');
    const forms = [
      SECRET,
      JSON.stringify(SECRET).slice(1, -1),
      encodeURIComponent(SECRET),
      Buffer.from(SECRET).toString('base64'),
      Buffer.from(SECRET).toString('base64url'),
      Buffer.from(SECRET).toString('hex'),
    ];
    for (const form of forms) assert.ok(!everything.includes(form), `${form} is nowhere`);
  });
});

/** Every row of every table, the dispatcher's too. */
async function dump(world: World): Promise<string> {
  const client = await world.ground.store.database.direct('dump');
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const tables = [];
    for (const { name } of rows)
      tables.push(
        (await client.query<{ row: string }>(`select t::text as row from ${name} t`)).rows
          .map(({ row }) => row)
          .join('\n'),
      );
    return tables.join('\n');
  } finally {
    await client.end();
  }
}
