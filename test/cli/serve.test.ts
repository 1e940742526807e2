// `backout serve` with people around it: a trigger that asks, answers from elsewhere, two servers on one store, and a clean end.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { backout, linesOf, type Running, type Said, start, temporaryFolder } from './backout.ts';
import { type FlagService, shopPlan, startFlags } from './shop-plan.ts';

const folder = temporaryFolder();
const elsewhere = temporaryFolder();
let flags: FlagService;
let env: { readonly [name: string]: string } = {};
let serving: Running;
let url = '';

const errors = (count: number): void => writeFileSync(join(folder.path, 'errors'), `${count}\n`);
const run = (...words: readonly string[]): Promise<Said> =>
  backout(words, { cwd: folder.path, env });
/** From a machine that has neither the store nor the plan. */
const remote = (...words: readonly string[]): Promise<Said> =>
  backout(words, { cwd: elsewhere.path, env: { BACKOUT_URL: url } });

before(async () => {
  flags = await startFlags();
  env = {
    FLAGS_URL: flags.url,
    PAGER_SECRET: 'shared-with-the-pager',
    BACKOUT_DATA: join(folder.path, 'data'),
  };
  writeFileSync(join(folder.path, 'shop.plan.yaml'), shopPlan);
  errors(0);
  serving = start(['serve', 'shop.plan.yaml', '--phase', 'canary', '--port', '0'], {
    cwd: folder.path,
    env,
  });
  url = (await serving.until(/Page and API: (http:\/\/127\.0\.0\.1:\d+)/))[1] ?? '';
  await serving.until(/Working\./);
});
after(async () => {
  serving.child.kill('SIGKILL');
  await serving.ended.catch(() => undefined);
  await flags.stop();
  folder.remove();
  elsewhere.remove();
});

test('serve says which plan it watches, in which phase, and where the page is', () => {
  assert.match(serving.said, /Journal: Postgres \d+/);
  assert.match(serving.said, /Plan shop-move [0-9a-f]{6}: phase canary, armed: errors-high\./);
});

test('with nothing to decide, approve says so and exits 1', async () => {
  const said = await remote('approve');
  assert.equal(said.exit, 1);
  assert.match(said.stderr, /Nothing waits for a decision\./);
});

test('a breach asks; it is held from afar, and the question is closed for whoever comes second', async () => {
  const watching = start(['watch', '--plan', 'shop-move'], {
    cwd: elsewhere.path,
    env: { BACKOUT_URL: url },
  });
  await watching.until(/Watching shop-move/);
  errors(9);
  const [, number = ''] = await watching.until(
    /decision (\d+) wanted from technical .* If nobody answers: hold/,
  );
  const held = await remote(
    'hold',
    `shop-move/${number}`,
    '1s',
    '--because',
    'looking at it',
    '--who',
    'ada',
  );
  assert.equal(held.exit, 0, held.stderr);
  await watching.until(/hold until .*, by ada: looking at it/);
  const second = await remote('approve', `shop-move/${number}`);
  assert.equal(second.exit, 1);
  assert.match(second.stderr, /was made by ada already: hold/);
  watching.child.kill('SIGINT');
  assert.equal((await watching.ended).exit, 130);
});

test('after the hold the question comes again; approved, the run goes to its end on the server', async () => {
  const watching = start(['watch', '--plan', 'shop-move'], {
    cwd: elsewhere.path,
    env: { BACKOUT_URL: url },
  });
  await watching.until(/DECISION shop-move\/\d+|decision \d+ wanted/);
  errors(0);
  const approved = await remote(
    'approve',
    '--because',
    'customers cannot pay',
    '--who',
    'ben',
    '--json',
  );
  assert.equal(approved.exit, 0, approved.stderr);
  const number = String(linesOf(approved).at(-1)?.['run']);
  const said = await remote('watch', number);
  assert.equal(said.exit, 0, said.stderr);
  assert.match(said.stdout, /rolled back, verified/);
  await watching.until(/run \d+: rolled back, verified/);
  watching.child.kill('SIGINT');
  await watching.ended;
  assert.ok(existsSync(join(folder.path, 'stopped')));
});

test('a run can be ordered through the server by the name of a plan that only the server knows', async () => {
  const said = await remote('run', 'quick', '--plan', 'shop-move', '--because', 'from afar');
  assert.equal(said.exit, 0, said.stderr);
  assert.match(said.stdout, /rolled back, verified/);
});

test('a taken port is said with what to do, and nothing is left behind', async () => {
  const port = new URL(url).port;
  const said = await run('serve', '--port', port);
  assert.equal(said.exit, 3);
  assert.match(
    said.stderr,
    new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port}: the port is taken.*--port 0`),
  );
});

test('a second server on the same data folder works beside the first, and carries on when it is killed', async () => {
  rmSync(join(folder.path, 'stopped'), { force: true });
  const second = start(['serve', '--port', '0'], { cwd: folder.path, env });
  try {
    const here = (await second.until(/Page and API: (http:\S+)/))[1] ?? '';
    await second.until(/Working\./);
    const watching = start(
      ['run', 'full', '--plan', 'shop-move', '--because', 'killed in the middle'],
      { cwd: elsewhere.path, env: { BACKOUT_URL: here } },
    );
    const [, number = ''] = await watching.until(/backout run step confirm (\d+) look/);
    serving.child.kill('SIGKILL');
    await serving.ended;
    const confirmed = await run(
      'run',
      'step',
      'confirm',
      number,
      'look',
      '--evidence',
      'nothing there',
    );
    assert.equal(confirmed.exit, 0, confirmed.stderr);
    const said = await watching.ended;
    assert.equal(said.exit, 0, said.stderr);
    second.child.kill('SIGTERM');
    const drained = await second.ended;
    assert.equal(drained.exit, 0, drained.stderr);
    assert.match(drained.stderr, /Drained\. What is not done waits in the journal/);
  } finally {
    second.child.kill('SIGKILL');
  }
});

test('a server that is not there is exit 3, in one sentence', async () => {
  const said = await backout(['watch', '1'], {
    cwd: elsewhere.path,
    env: { BACKOUT_URL: 'http://127.0.0.1:9' },
  });
  assert.equal(said.exit, 3);
  assert.match(said.stderr, /Cannot reach http:\/\/127\.0\.0\.1:9: .*backout serve/);
});

test('serve refuses to watch a plan whose secrets are not here', async () => {
  const said = await backout(['serve', 'shop.plan.yaml', '--phase', 'canary', '--port', '0'], {
    cwd: folder.path,
    env: { BACKOUT_DATA: env['BACKOUT_DATA'] ?? '' },
  });
  assert.equal(said.exit, 2);
  assert.match(
    said.stderr,
    /Cannot serve shop-move: .* needs the variable FLAGS_URL, the variable PAGER_SECRET/,
  );
});
