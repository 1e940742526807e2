// Real runs from the command line on a managed store of their own: previewed, ordered, stuck, left and taken up again.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { backout, linesOf, type Running, type Said, start, temporaryFolder } from './backout.ts';
import { type FlagService, shopPlan, startFlags } from './shop-plan.ts';

const folder = temporaryFolder();
let flags: FlagService;
let env: { readonly [name: string]: string } = {};

before(async () => {
  flags = await startFlags();
  env = {
    FLAGS_URL: flags.url,
    PAGER_SECRET: 'shared-with-the-pager',
    BACKOUT_DATA: join(folder.path, 'data'),
  };
  writeFileSync(join(folder.path, 'shop.plan.yaml'), shopPlan);
});
after(async () => {
  await flags.stop();
  folder.remove();
});

const run = (...words: readonly string[]): Promise<Said> =>
  backout(words, { cwd: folder.path, env });
const begin = (...words: readonly string[]): Running => start(words, { cwd: folder.path, env });

test('a preview asks the real systems, marks each step, and touches nothing', async () => {
  const said = await run('run', 'full', '--preview');
  assert.equal(said.exit, 0, said.stderr);
  assert.match(
    said.stdout,
    /^Would roll back shop-move \(full\), asked of the real systems at \d\d:\d\d:\d\d$/m,
  );
  assert.match(said.stdout, /^ {2}~ stop-writes .*\[here\]$/m);
  assert.match(said.stdout, /^ {2}~ flag-off +\/enabled true -> false +\[flags\]$/m);
  assert.match(said.stdout, /^ {4}on failure: not-allowed stop, refused ask$/m);
  assert.equal(said.stdout.match(/on failure/g)?.length, 1, 'a default policy is not told');
  assert.match(said.stdout, /^ {2}! look +by hand: Look at the bank file +\[people\]$/m);
  assert.match(said.stdout, /Nothing was touched\./);
  assert.ok(flags.enabled() && !existsSync(join(folder.path, 'stopped')));
});

test('a preview tells the whole policy of each step when asked for more, and to programs', async () => {
  const all = await run('run', 'full', '--preview', '-v');
  assert.match(
    all.stdout,
    /on failure: cannot-reach retry, not-allowed climb, target-mismatch stop, timed-out retry, refused climb, verification-failed retry, cancelled climb, tried again 3 times, first after 2 s/,
  );
  const json = await run('run', 'full', '--preview', '--json');
  const line = linesOf(json).find((each) => each['step'] === 'flag-off');
  assert.deepEqual(line?.['onFailure'], {
    'cannot-reach': 'retry',
    'not-allowed': 'stop',
    'target-mismatch': 'stop',
    'timed-out': 'retry',
    refused: 'ask',
    'verification-failed': 'retry',
    cancelled: 'climb',
  });
  assert.deepEqual(line['retry'], { times: 3, backoffMs: 2_000 });
});

test('a preview that could not ask a system exits 3: no answer is not a no', async () => {
  const said = await backout(['run', 'full', '--preview'], {
    cwd: folder.path,
    env: { ...env, FLAGS_URL: 'http://127.0.0.1:9' },
  });
  assert.equal(said.exit, 3);
  assert.match(said.stdout, /^ {2}\? flag-off +could not ask: /m);
});

test('a missing secret is said before anything begins', async () => {
  const said = await backout(['run', 'full', '--because', 'test'], {
    cwd: folder.path,
    env: { BACKOUT_DATA: env['BACKOUT_DATA'] ?? '' },
  });
  assert.equal(said.exit, 2);
  assert.match(
    said.stderr,
    /needs the variable FLAGS_URL, and this process does not have it\. Nothing was begun\./,
  );
  assert.match((await run('journal')).stdout, /The journal is empty\./);
});

test('an unknown playbook is answered with the one that was probably meant', async () => {
  const said = await run('run', 'ful', '--because', 'test');
  assert.equal(said.exit, 2);
  assert.match(said.stderr, /has no such playbook; did you mean "full"\?/);
});

test('run carries the rollback out on the real systems by itself, and asks people in so many words', async () => {
  const running = begin('run', 'full', '--because', 'errors over 2 %', '--who', 'ada');
  const [, number] = await running.until(/backout run step confirm (\d+) look --evidence/);
  const unsaid = await run('run', 'step', 'confirm', number ?? '', 'look');
  assert.equal(unsaid.exit, 1);
  assert.match(unsaid.stderr, /needs evidence/);
  const confirmed = await run(
    'run',
    'step',
    'confirm',
    number ?? '',
    'look',
    '--evidence',
    'no new file',
    '--who',
    'ben',
  );
  assert.equal(confirmed.exit, 0, confirmed.stderr);
  assert.match(confirmed.stdout, /look done by hand, says ben/);
  const said = await running.ended;
  assert.equal(said.exit, 0, said.stderr);
  assert.match(
    said.stdout,
    /● rolled back, verified at \d\d:\d\d:\d\d \(held 1 s\)\. RTO 0:\d\d of 2:00\./,
  );
  assert.doesNotMatch(said.stderr, /not delivered yet/);
  assert.ok(flags.notices().some((subject) => /Run 1 ended: rolled back, verified/.test(subject)));
  assert.deepEqual(
    [flags.enabled(), flags.changes(), existsSync(join(folder.path, 'stopped'))],
    [false, 1, true],
  );
});

test('a second run finds everything already so, and --json tells it event by event', async () => {
  const said = await run('run', 'quick', '--because', 'again', '--drill', '--json');
  assert.equal(said.exit, 0, said.stderr);
  const lines = linesOf(said);
  const bodies = lines
    .filter((line) => line.type === 'event')
    .map(
      (line) =>
        line['body'] as { readonly type: string; readonly done?: string; readonly kind?: string },
    );
  assert.equal(bodies[0]?.type, 'RunStarted');
  assert.equal(bodies[0]?.kind, 'drill');
  assert.ok(bodies.some((body) => body.type === 'StepConfirmed' && body.done === 'already-so'));
  assert.equal(lines.at(-1)?.['outcome'], 'rolled-back-verified');
  assert.equal(flags.changes(), 1);
});

test('a stuck step is said loudly with the commands to type, and aborting ends with exit 1', async () => {
  const running = begin('run', 'stuck', '--because', 'test of a stuck step');
  const [, number] = await running.until(/backout run step retry (\d+) never-so/);
  await running.until(/backout run abort \d+ --because/);
  assert.match(running.said, /never-so is blocked and waits for technical \(ada\)/);
  assert.match(running.said, /If nobody answers: nobody else is called, and the run waits\./);
  const taken = await run('run', 'step', 'take', number ?? '', 'never-so', '--who', 'ada');
  assert.equal(taken.exit, 0, taken.stderr);
  await running.until(/ada is at never-so/);
  const unsaid = await run('run', 'abort', number ?? '');
  assert.equal(unsaid.exit, 2);
  assert.match(unsaid.stderr, /without a reason: say it with --because/);
  const aborted = await run('run', 'abort', '--because', 'wrong playbook');
  assert.equal(aborted.exit, 0, aborted.stderr);
  const said = await running.ended;
  assert.equal(said.exit, 1);
  assert.match(said.stdout, new RegExp(`▲ aborted at [\\s\\S]*wrong playbook`));
  const again = await run('run', 'resume', number ?? '');
  assert.equal(again.exit, 1);
});

test('Ctrl-C stops watching, never the run; watch takes it up again where nobody serves', async () => {
  rmSync(join(folder.path, 'stopped'), { force: true });
  const first = begin('run', 'full', '--because', 'left alone');
  const [, number = ''] = await first.until(/backout run step confirm (\d+) look --evidence/);
  first.child.kill('SIGINT');
  const left = await first.ended;
  assert.equal(left.exit, 130);
  assert.match(
    left.stderr,
    new RegExp(
      `nobody else serves this store: run ${number} waits until backout serve or backout watch ${number} runs`,
    ),
  );
  const second = begin('watch', number);
  await second.until(/look waits for a person/);
  assert.equal(
    (await run('run', 'step', 'skip', number, 'look', '--because', 'seen before')).exit,
    0,
  );
  const said = await second.ended;
  assert.equal(said.exit, 0, said.stderr);
  assert.match(said.stdout, /◇ look skipped by .*: seen before/);
  assert.match(said.stdout, /● rolled back, verified/);
});

test('the journal tells the run in words, follows --json out of the door, and proves itself whole', async () => {
  const words = await run('journal', '1');
  assert.match(words.stdout, /run 1 begins: full of shop-move \(live\), because errors over 2 %/);
  const exported = await run('journal', 'run-1', '--json');
  writeFileSync(join(folder.path, 'run-1.jsonl'), exported.stdout);
  const whole = await run('journal', 'verify', 'run-1.jsonl');
  assert.equal(whole.exit, 0, whole.stdout);
  writeFileSync(
    join(folder.path, 'forged.jsonl'),
    exported.stdout.replace('errors over 2 %', 'errors over 9 %'),
  );
  const forged = await run('journal', 'verify', 'forged.jsonl');
  assert.equal(forged.exit, 1);
  assert.match(forged.stdout, /▲ run-1: event 1 is the first that is not as it was written/);
  const all = await run('journal', 'verify');
  assert.equal(all.exit, 0, all.stdout);
  assert.match(
    (await run('journal', 'run-99')).stderr,
    /There is no stream run-99; did you mean "run-\d+"\?/,
  );
});

test('doctor finds everything in order and says what it looked at', async () => {
  const said = await run('doctor');
  assert.equal(said.exit, 0, said.stdout + said.stderr);
  for (const about of ['node', 'postgres', 'disk', 'store', 'role', 'clock', 'flags'])
    assert.match(said.stdout, new RegExp(`^● ${about} `, 'm'));
  const apart = await backout(['doctor'], {
    cwd: folder.path,
    env: { ...env, FLAGS_URL: 'http://127.0.0.1:9' },
  });
  assert.equal(apart.exit, 3);
  assert.match(apart.stdout, /^\? flags /m);
});

test('undo asks first what it would change, then takes it back, and its own undo brings it about again', async () => {
  rmSync(join(folder.path, 'stopped'), { force: true });
  const done = await run('run', 'quick', '--because', 'to be taken back', '--json');
  assert.equal(done.exit, 0, done.stderr);
  const number = Number(linesOf(done).find((line) => line.type === 'run')?.['run']);
  const asked = await run('undo', `${number}`, '--preview');
  assert.equal(asked.exit, 0, asked.stderr);
  assert.match(asked.stdout, new RegExp(`Would undo run ${number} \\(quick of shop-move\\)`));
  assert.match(asked.stdout, /~ writes-off +back to what was there before/);
  assert.ok(existsSync(join(folder.path, 'stopped')));
  assert.equal((await run('undo', `${number}`)).exit, 2);
  const undone = await run('undo', `${number}`, '--because', 'it is mended');
  assert.equal(undone.exit, 0, undone.stderr);
  assert.match(undone.stdout, /● undone, verified at/);
  assert.equal(existsSync(join(folder.path, 'stopped')), false);
  const twice = await run('undo', `${number}`, '--because', 'again');
  assert.equal(twice.exit, 1);
  assert.match(twice.stderr, new RegExp(`was undone by run ${number + 1} already`));
  const again = await run('undo', `${number + 1}`, '--because', 'second thoughts');
  assert.equal(again.exit, 0, again.stderr);
  assert.ok(existsSync(join(folder.path, 'stopped')));
});
