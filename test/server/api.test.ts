// The API: what Control can be asked over HTTP, and how it says no.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../../src/core/plan/canonical.ts';
import { StoreUnreachable } from '../../src/store/errors.ts';
import { asking, problemIn } from './asking.ts';
import { plan, snapshot } from './pretend-plan.ts';

const own = { plan: plan.name, playbook: 'full', because: 'errors', kind: 'live' };

test('a migration, a run and their events can be read', async () => {
  const { get, post } = await asking();
  assert.equal((await post('/api/v1/runs', own)).status, 200);
  const [migrations, runs, run, events, streams] = (await Promise.all(
    ['migrations', 'runs', 'runs/1', 'streams/run-1/events?from=2', 'streams?prefix=run-'].map(
      async (path) => (await get(`/api/v1/${path}`)).json(),
    ),
  )) as [
    { plan: string }[],
    { run: number; status: string }[],
    { playbook: string },
    { seq: number }[],
    { stream: string }[],
  ];
  assert.deepEqual(
    migrations.map((each) => each.plan),
    [plan.name],
  );
  assert.deepEqual(
    runs.map((each) => [each.run, each.status]),
    [[1, 'running']],
  );
  assert.equal(run.playbook, 'full');
  assert.equal(events[0]?.seq, 2);
  assert.deepEqual(
    streams.map((each) => each.stream),
    ['run-1'],
  );
});

test('what is not there is a 404 with a sentence', async () => {
  const { get } = await asking();
  for (const path of [
    '/api/v1/runs/9',
    '/api/v1/migrations/other',
    '/api/v1/nothing',
    '/r/9',
    '/d/ledger-cutover/4',
    '/r/x',
  ]) {
    const response = await get(path);
    assert.equal(response.status, 404, path);
    assert.match((await problemIn(response)).detail, /^\[server\] .+\.$/);
  }
});

test('what the core refuses is a 409 with its code and sentence', async () => {
  const { post } = await asking();
  await post('/api/v1/runs', own);
  const second = await post('/api/v1/runs', own);
  const { status, code, detail } = await problemIn(second);
  assert.deepEqual([second.status, status, code], [409, 409, 'run-under-way']);
  assert.match(detail, /Run 1 of ledger-cutover is under way/);
  const nobody = await problemIn(
    await post('/api/v1/migrations/other/decisions', { order: { type: 'Approve' } }),
  );
  assert.deepEqual([nobody.status, nobody.code], [404, 'plan-not-armed']);
});

test('an undo is ordered over HTTP, and refused with the code of what stands in its way', async () => {
  const { post } = await asking();
  const wanted = { because: 'mended', from: 'route-back' };
  const nobody = await problemIn(await post('/api/v1/runs/4/undo', wanted));
  assert.deepEqual([nobody.status, nobody.code], [404, 'no-such-run']);
  await post('/api/v1/runs', own);
  const early = await problemIn(await post('/api/v1/runs/1/undo', wanted));
  assert.deepEqual([early.status, early.code], [409, 'run-under-way']);
  await post('/api/v1/runs/1/orders', { order: { type: 'AbortRun', because: 'enough' } });
  const untouched = await problemIn(await post('/api/v1/runs/1/undo', { because: 'mended' }));
  assert.deepEqual([untouched.status, untouched.code], [409, 'nothing-to-undo']);
  assert.equal((await problemIn(await post('/api/v1/runs/1/undo', {}))).status, 422);
});

test('a bad body is a 422 that names every issue', async () => {
  const { post } = await asking();
  const response = await post('/api/v1/runs', { plan: 7, because: ' ', kind: 'lively', extra: 1 });
  const { status, issues } = await problemIn(response);
  assert.equal(status, 422);
  assert.deepEqual(issues?.map((issue) => issue.path).toSorted(), [
    '',
    'because',
    'kind',
    'plan',
    'playbook',
  ]);
  assert.equal(
    (
      await post('/api/v1/runs/1/orders', {
        order: { type: 'BeginAttempt', step: 'x', attempt: 1, node: 'evil' },
      })
    ).status,
    422,
  );
});

test('a body that is not JSON, does not say so, or is too large is refused in a sentence', async () => {
  const { app, post } = await asking();
  const send = async (body: string, type: string): Promise<number> => {
    const headers = {
      host: '127.0.0.1:4600',
      origin: 'http://127.0.0.1:4600',
      'content-type': type,
    };
    return (
      await problemIn(
        await app.request('http://127.0.0.1:4600/api/v1/runs', { method: 'POST', body, headers }),
      )
    ).status;
  };
  assert.equal(await send('{', 'application/json'), 422);
  assert.equal(await send(JSON.stringify(own), 'text/plain'), 415);
  assert.equal(
    (await problemIn(await post('/api/v1/runs', { ...own, because: 'x'.repeat(100_000) }))).code,
    'too-large',
  );
});

test('an order stands in the journal under the name that was given, and without one under nobody’s', async () => {
  const { post, stage } = await asking();
  await post('/api/v1/runs', own, { 'x-backout-who': encodeURIComponent('Zoë') });
  await post('/api/v1/runs/1/orders', {
    order: { type: 'PauseRun', because: 'breath' },
    who: 'Ben',
  });
  await post('/api/v1/runs/1/orders', { order: { type: 'ResumeRun' } });
  const decided = (await stage.control.events(`migration-${plan.name}`)).find(
    ({ body }) => body.type === 'DecisionMade',
  );
  const people = (await stage.control.events('run-1'))
    .filter(({ actor }) => actor.kind === 'person')
    .map(({ actor, body }) => `${actor.name} ${body.type}`);
  assert.equal(decided?.actor.name, 'Zoë');
  assert.deepEqual(people.slice(0, 2), ['Ben RunPaused', 'somebody at the page RunResumed']);
  assert.equal((await post('/api/v1/runs', own, { 'x-backout-who': 'a%0Ab' })).status, 422);
});

test('a plan can be armed when its fingerprint is its own', async () => {
  const { post, stage } = await asking();
  const changed = { ...plan, title: 'Another title' };
  const arm = {
    snapshot: { ...snapshot, plan: changed, fingerprint: fingerprint(changed) },
    phase: 'cutover',
  };
  assert.equal((await post('/api/v1/migrations', arm, { 'x-backout-who': 'Ada' })).status, 200);
  const migration = await stage.control.migration(plan.name);
  assert.equal(migration.type === 'migration' && migration.fingerprint, fingerprint(changed));
  const lie = await post('/api/v1/migrations', {
    ...arm,
    snapshot: { ...snapshot, plan: changed },
  });
  assert.equal((await problemIn(lie)).code, 'fingerprint-mismatch');
  const rubbish = { backout: 1, name: 'x' };
  assert.equal(
    (await post('/api/v1/migrations', { ...arm, snapshot: { ...snapshot, plan: rubbish } })).status,
    422,
  );
  assert.equal(
    (await problemIn(await post('/api/v1/migrations', { ...arm, phase: 'moon' }))).code,
    'no-such-phase',
  );
});

test('a store that is away is a 503 in its own words, and a defect tells nothing of its innards', async () => {
  const away = await asking();
  const broken = {
    ...away.stage.control,
    runs: () => Promise.reject(new StoreUnreachable('[store] Cannot reach the database.')),
    now: () => Promise.reject(new Error('secret innards')),
  };
  const { get, logged } = await asking({ control: broken });
  const unreachable = await problemIn(await get('/api/v1/runs'));
  assert.deepEqual(
    [unreachable.status, unreachable.code, unreachable.detail],
    [503, 'store-unreachable', '[store] Cannot reach the database.'],
  );
  const defect = await problemIn(await get('/api/v1/now'));
  assert.equal(defect.status, 500);
  assert.doesNotMatch(JSON.stringify(defect), /innards/);
  assert.match(
    logged.join('\n'),
    /^\[server\] A request failed: Error: secret innards \(at [^\n]+\)\.$/,
  );
});

test('a delivery goes to the inbox as bytes, and its rejection comes back', async () => {
  const seen: string[] = [];
  const { app } = await asking({
    receive: async (planName, system, { body, headers, method }) => {
      seen.push(
        `${method} ${planName}/${system} ${headers['x-signature']} ${Buffer.from(body).toString()}`,
      );
      if (system === 'github') return { type: 'taken', fresh: 1, repeated: 0 };
      return { type: 'rejected', status: 401, because: '[webhook] The signature is not right.' };
    },
  });
  const deliver = (path: string, body: string): Response | Promise<Response> =>
    app.request(`http://hooks.example.com/hooks/${path}`, {
      method: 'POST',
      body,
      headers: { host: 'hooks.example.com', 'x-signature': 'abc' },
    });
  const taken = await deliver('ledger-cutover/github', '{"a":1}');
  assert.deepEqual([taken.status, await taken.json()], [202, { fresh: 1, repeated: 0 }]);
  const refused = await problemIn(await deliver('ledger-cutover/other', 'x'));
  assert.deepEqual(
    [refused.status, refused.detail],
    [401, '[webhook] The signature is not right.'],
  );
  assert.equal((await deliver('ledger-cutover/github', 'x'.repeat(2 ** 20 + 1))).status, 413);
  assert.deepEqual(seen, [
    'POST ledger-cutover/github abc {"a":1}',
    'POST ledger-cutover/other abc x',
  ]);
});
