// Four eyes from the command line, through a real server: a run waits for somebody else, and a broken glass owes a review.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Running, type Said, backout, start, temporaryFolder } from './backout.ts';
import { type FlagService, shopPlan, startFlags } from './shop-plan.ts';

const folder = temporaryFolder();
let flags: FlagService;
let env: { readonly [name: string]: string } = {};
let server: Running;
let url = '';
const tokens: { [name: string]: string } = {};

const careful = `${shopPlan
  .replace(
    'people: { ada: { name: Ada } }',
    'people: { ada: { name: Ada }, ben: { chat: "@ben" } }',
  )
  .replace(
    'roles: { owner: ada, deputies: { technical: ada } }',
    'roles: { owner: ada, deputies: { technical: ben } }',
  )}
governance: { approvals: { run: 1, within: 10m }, break-glass: { review-within: 1s } }
`;

before(async () => {
  flags = await startFlags();
  env = {
    FLAGS_URL: flags.url,
    PAGER_SECRET: 'shared-with-the-pager',
    BACKOUT_DATA: join(folder.path, 'data'),
  };
  writeFileSync(join(folder.path, 'shop.plan.yaml'), careful);
  server = start(['serve', 'shop.plan.yaml', '--port', '0'], {
    cwd: folder.path,
    env,
    withinMs: 600_000,
  });
  [, url = ''] = await server.until(/Page and API: (\S+)/);
  for (const name of ['ada', 'ben']) {
    const added = await run(['operator', 'add', name], name === 'ada' ? undefined : 'ada', false);
    tokens[name] = /bko_\S+/.exec(added.stdout)?.[0] ?? '';
  }
});
after(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await flags.stop();
  folder.remove();
});

const options = (who?: string) => ({
  cwd: folder.path,
  env: { ...env, ...(who === undefined ? {} : { BACKOUT_OPERATOR_TOKEN: tokens[who] ?? '' }) },
});
const through = (words: readonly string[], remote = true): readonly string[] =>
  remote ? [...words, '--server', url] : words;
const run = (words: readonly string[], who?: string, remote = true): Promise<Said> =>
  backout(through(words, remote), options(who));
const begin = (words: readonly string[], who?: string): Running =>
  start(through(words), options(who));

test('a run says whom it waits for, begins when somebody else approves, and is followed to its end', async () => {
  const running = begin(['run', 'quick', '--because', 'errors over 2 %'], 'ada');
  const [, decision = ''] = await running.until(/They type: backout approve (shop-move\/\d+)/);
  assert.match(
    running.said,
    /Wants one approval that is not yours, until \d\d:\d\d:\d\d.*Who may: ben \(@ben\)\./,
  );
  const own = await run(['approve', decision], 'ada');
  assert.equal(own.exit, 1);
  assert.match(own.stderr, /ada asked for it, and it wants a second pair of eyes/);
  const approved = await run(['approve', '--because', 'seen it too'], 'ben');
  assert.equal(approved.exit, 0, approved.stderr);
  assert.match(approved.stdout, /Approved: run \d+ of shop-move begins/);
  const said = await running.ended;
  assert.equal(said.exit, 0, said.stdout + said.stderr);
  assert.match(said.stdout, /ben approved decision \d+: seen it too/);
  assert.match(said.stdout, /asked by ada, approved by ben/);
  await server.until(/ada wants a live run of quick: errors over 2 %/);
});

test('what is taken back is not started, and whoever waits hears so', async () => {
  const running = begin(['run', 'quick', '--because', 'second thoughts'], 'ada');
  await running.until(/They type: backout approve/);
  const back = await run(['approve', '--withdraw'], 'ada');
  assert.equal(back.exit, 0, back.stderr);
  const said = await running.ended;
  assert.equal(said.exit, 1);
  assert.match(said.stdout, /approved no more \(withdrawn\)/);
});

test('a broken glass begins at once, rings the alarm, and owes a review until somebody else closes it', async () => {
  const said = await run(
    ['run', 'quick', '--because', 'nobody is awake', '--break-glass', '--drill'],
    'ada',
  );
  assert.equal(said.exit, 0, said.stdout + said.stderr);
  const number = /Run (\d+)\./.exec(said.stderr)?.[1] ?? '';
  await server.until(/ada broke the glass: run \d+ begins without its approvals/);
  const doctor = await run(['doctor']);
  assert.match(doctor.stdout, /review +run \d+ of shop-move began without its approvals/);
  const watched = begin(['watch', '--plan', 'shop-move']);
  await watched.until(/REVIEW OWED of run \d+: ada began it/);
  watched.child.kill('SIGINT');
  await watched.ended;
  const late = await run(['check', 'shop.plan.yaml']);
  assert.equal(late.exit, 1);
  assert.match(late.stdout, /review-is-given +ada began run \d+ without its approvals/);
  const alone = await run(['check', 'shop.plan.yaml'], undefined, false);
  assert.doesNotMatch(alone.stdout, /review-is-given/);
  const own = await run(['run', 'reviewed', number, '--because', 'fine'], 'ada');
  assert.equal(own.exit, 1);
  const closed = await run(['run', 'reviewed', '--because', 'rightly done'], 'ben');
  assert.equal(closed.exit, 0, closed.stderr);
  assert.doesNotMatch((await run(['doctor'])).stdout, /began without its approvals/);
  await server.until(/ben reviewed run \d+: rightly done/);
  assert.ok(
    flags
      .notices()
      .some((subject) => /ALARM: ada began run \d+ without its approvals/.test(subject)),
    flags.notices().join('\n'),
  );
});
