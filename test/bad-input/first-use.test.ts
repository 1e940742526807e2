// The first hour of somebody new: a plan of one's own served, broken, held, approved, paused, mended and read back, by the commands alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  backout,
  linesOf,
  type Running,
  type Said,
  start,
  temporaryFolder,
} from '../cli/backout.ts';

const folder = temporaryFolder();
const env = { BACKOUT_DATA: join(folder.path, 'data') };
let serving: Running;

const plan = `backout: 1
name: first-plan
objectives: { rto: 2m, rpo: 0s }
people: { ada: { name: Ada } }
roles: { owner: ada, deputies: { technical: ada } }
systems: { here: { uses: command } }
signals:
  errors: { from: here, command: [cat, errors], every: 1s }
phases:
  - { name: canary, failure: [errors-high], rollback: full }
triggers:
  errors-high:
    class: availability
    when: { signal: errors, above: 5 }
    mode: review
    review: { by: technical, within: 5m, silence: hold }
    playbook: full
playbooks:
  full:
    scope: full
    stages:
      - stabilise:
          - { step: stop-writes, owner: technical, timebox: 30s, uses: command/holds,
              with: { system: here, observe: [test, -e, stopped], apply: [touch, stopped] } }
          - { step: by-people, owner: technical, timebox: 30s, uses: command/holds,
              with: { system: here, observe: [test, -e, made-by-hand] } }
    verified: { by: [all-good], hold: 1s, within: 30s }
checks:
  low: { holds: { signal: errors, below: 1 } }
checkpoints:
  all-good: { checks: [low] }
`;

const errors = (count: number): void =>
  writeFileSync(join(folder.path, 'errors'), `${String(count)}\n`);
const run = (...words: readonly string[]): Promise<Said> =>
  backout(words, { cwd: folder.path, env });

before(async () => {
  writeFileSync(join(folder.path, 'first.plan.yaml'), plan);
  errors(0);
  serving = start(['serve', '--phase', 'canary', '--port', '0'], {
    cwd: folder.path,
    env,
    withinMs: 300_000,
  });
  await serving.until(/Working\./);
});
after(async () => {
  serving.child.kill('SIGTERM');
  await serving.ended;
  folder.remove();
});

test('a preview tells a step that only people can do', async () => {
  const said = await run('run', 'full', '--preview');
  assert.equal(said.exit, 0, said.stderr);
  assert.match(said.stdout, /by-people +it differs, by hand: the plan gives no apply/);
  assert.ok(!existsSync(join(folder.path, 'stopped')));
});

test('the server tells in its own lines what it sees, what it asks and what people answer', async () => {
  errors(9);
  await serving.until(/first-plan: .*errors-high.*breached/);
  await serving.until(/first-plan: .*decision 1/i);
  const held = await run('hold', '1s', '--who', 'ada');
  assert.equal(held.exit, 0, held.stderr);
  await serving.until(/first-plan: .*decision 1.*hold/i);
  await serving.until(/first-plan: .*decision 2/i);
});

test('a run is approved, paused, resumed, tried again, mended by hand and read back', async () => {
  const approved = await run('approve', '--because', 'customers cannot pay', '--json');
  assert.equal(approved.exit, 0, approved.stderr);
  const number = String(linesOf(approved).at(-1)?.['run']);
  const watching = start(['watch', number], { cwd: folder.path, env });
  await watching.until(/by-people is blocked and waits/);
  for (const words of [
    ['pause', number, '--because', 'a look'],
    ['resume', number],
  ]) {
    const told = await run('run', ...words, '--json');
    assert.equal(told.exit, 0, told.stderr);
    assert.equal(linesOf(told).at(-1)?.type, 'result');
  }
  assert.equal((await run('run', 'step', 'retry', number, 'by-people')).exit, 0);
  await watching.until(/by-people, attempt 2[^]*by-people is blocked/);
  errors(0);
  const confirmed = await run(
    'run',
    'step',
    'confirm',
    number,
    'by-people',
    '--evidence',
    'made it',
  );
  assert.equal(confirmed.exit, 0, confirmed.stderr);
  const said = await watching.ended;
  assert.equal(said.exit, 0, said.stderr);
  assert.match(said.stdout, /paused the run: a look[^]*let the run go on[^]*rolled back, verified/);
  const journal = await run('journal', number, '--ascii');
  assert.match(journal.stdout, /customers cannot pay/);
  assert.match(journal.stdout, /^[\n\x20-\x7e]*$/);
  assert.equal((await run('journal', 'verify')).exit, 0);
  await serving.until(/first-plan: run \d+.*rolled back, verified/);
});

test(
  'a real bash completes commands, playbooks, phases and steps',
  { skip: !existsSync('/bin/bash') },
  () => {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    const program = fileURLToPath(new URL('../../bin/backout.js', import.meta.url));
    writeFileSync(
      join(bin, 'backout'),
      `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`,
    );
    chmodSync(join(bin, 'backout'), 0o755);
    const script = `source <(backout completion bash)
    complete -p backout > /dev/null || exit 1
    try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _backout 2> /dev/null; echo "\${COMPREPLY[*]}"; }
    try backout jour
    try backout run fu
    try backout serve --phase ''
    try backout run step skip 1 by
    try backout demo --scenario data`;
    const said = execFileSync('/bin/bash', ['-c', script], {
      cwd: folder.path,
      env: { ...env, HOME: folder.path, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
      encoding: 'utf8',
    });
    assert.deepEqual(said.trim().split('\n'), [
      'journal',
      'full',
      'canary',
      'by-people',
      'data-drift',
    ]);
  },
);
