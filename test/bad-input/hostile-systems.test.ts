// Systems that mean no good, met by real runs: each ends in a blocked step that says why, touches nothing it should not, and leaves nothing behind.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  backout,
  linesOf,
  type Running,
  type Said,
  start,
  temporaryFolder,
} from '../cli/backout.ts';
import { until } from '../store/temporary.ts';
import { type HostileServer, startHostileServer } from './hostile-server.ts';

const folder = temporaryFolder();
let hostile: HostileServer;
let serving: Running;
let env: { readonly [name: string]: string } = {};

const step = (name: string, timebox: string, uses: string, input: string): string =>
  `  ${name}:
    scope: { component: ${name} }
    stages:
      - only:
          - { step: ${name}-step, owner: technical, timebox: ${timebox}, retry: { times: 0 }, uses: ${uses}, with: ${input} }
    verified: { by: [never-answers], hold: 1s, within: 3s }`;

const plan = `backout: 1
name: hostile
objectives: { rto: 2m, rpo: 0s }
people: { ada: { name: Ada } }
roles: { owner: ada, deputies: { technical: ada } }
systems:
  here: { uses: command }
  declared: { uses: http, url: "\${HOSTILE_URL}", token: "\${HOSTILE_TOKEN}", environment: production, identity: { get: /whoami, environment: /environment } }
  hostile: { uses: http, url: "\${HOSTILE_URL}", token: "\${HOSTILE_TOKEN}" }
signals:
  silent-probe: { from: hostile, probe: { get: /silent, expect: { status: 200, within: 500ms } }, every: 1s }
phases:
  - { name: canary, failure: [probe-fails], rollback: elsewhere }
triggers:
  probe-fails:
    class: availability
    when: { signal: silent-probe, is: failing, for: 1s }
    mode: advise
    playbook: elsewhere
playbooks:
${step('elsewhere', '20s', 'http/holds', '{ system: declared, observe: { get: /flag, expect: { json: { /enabled: false } } }, apply: { put: /flag, json: { enabled: false } } }')}
${step('silent', '2s', 'http/holds', '{ system: hostile, observe: { get: /silent, expect: { json: { /enabled: false } } }, apply: { put: /flag, json: { enabled: false } } }')}
${step('flood', '20s', 'http/holds', '{ system: hostile, observe: { get: /flood, expect: { json: { /enabled: false } } }, apply: { put: /flag, json: { enabled: false } } }')}
${step('endless', '20s', 'command/holds', '{ system: here, observe: [test, -e, never], apply: [sh, -c, "echo $$ > endless.pid; exec yes hostile"] }')}
${step('deaf', '3s', 'command/holds', `{ system: here, observe: [test, -e, never], apply: [sh, -c, "trap '' TERM INT HUP; echo $$ > deaf.pid; sleep 600 & echo $! >> deaf.pid; while :; do sleep 1; done"] }`)}
${step('unproven', '5s', 'command/holds', '{ system: here, observe: ["true"], apply: ["true"] }')}
checks:
  silent: { holds: { signal: silent-probe, above: 0 } }
checkpoints:
  never-answers: { checks: [silent] }
`;

before(async () => {
  hostile = await startHostileServer();
  env = {
    HOSTILE_URL: hostile.url,
    HOSTILE_TOKEN: 'a-token-nobody-may-see',
    BACKOUT_DATA: join(folder.path, 'data'),
  };
  writeFileSync(join(folder.path, 'hostile.plan.yaml'), plan);
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
  await hostile.stop();
  folder.remove();
});

const run = (...words: readonly string[]): Promise<Said> =>
  backout(words, { cwd: folder.path, env });

/** Runs a playbook until its step is blocked, aborts the run, and answers what was said. */
async function blockedBy(playbook: string): Promise<Said> {
  const running = start(['run', playbook, '--because', `test of ${playbook}`], {
    cwd: folder.path,
    env,
  });
  const [, number = ''] = await running.until(/backout run abort (\d+) --because/);
  assert.equal((await run('run', 'abort', number, '--because', 'seen')).exit, 0);
  const said = await running.ended;
  assert.equal(said.exit, 1, said.stderr);
  assert.doesNotMatch(
    said.stdout + said.stderr,
    /a-token-nobody-may-see|BK-0199|\n\s+at .*:\d+:\d+/,
  );
  return said;
}

/** Whether a process still runs: one that nobody collected yet does not. */
function isRunning(pid: string): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

test('a system of another environment than declared is not touched, and both names are said', async () => {
  const before = hostile.changes();
  const said = await blockedBy('elsewhere');
  assert.match(
    said.stdout,
    /elsewhere-step is blocked\W+target.mismatch\W+\[declared\] The plan declares environment production, and the system says it is staging\. Nothing was touched\. Mend/,
  );
  assert.equal(hostile.changes(), before);
  const previewed = await run('run', 'elsewhere', '--preview', '--json');
  assert.match(previewed.stdout, /declares environment production[^\n]*says it is staging/);
  assert.notEqual(previewed.exit, 0);
  const doctor = await run('doctor');
  assert.match(doctor.stdout.replaceAll(/\s+/g, ' '), /declared .*production.*staging/);
  assert.equal(doctor.exit, 1, doctor.stdout);
});

test('a request that is never answered ends with the timebox', async () => {
  const before = hostile.changes();
  const said = await blockedBy('silent');
  assert.match(said.stdout, /silent-step is blocked\W+timed.out\W+.*hostile.*GET \/silent/);
  assert.equal(hostile.changes(), before);
});

test('a probe that is never answered counts as failing, so nothing is called verified by it', async () => {
  const said = await run('run', 'unproven', '--because', 'test of a silent probe', '--json');
  assert.equal(said.exit, 1, said.stderr);
  assert.equal(linesOf(said).at(-1)?.['outcome'], 'rolled-back-not-verified');
  const watched = await run('journal', 'hostile');
  assert.match(watched.stdout, /trigger probe-fails is breached/);
});

test('an answer of 2 GB is cut off after a little of it', async () => {
  const said = await blockedBy('flood');
  assert.match(
    said.stdout,
    /flood-step is blocked\W+refused\W+.*GET \/flood: the answer of .* is longer than 1048576 bytes and was cut off/,
  );
  assert.ok(hostile.poured() < 64 * 1024 ** 2, `${hostile.poured()} bytes were taken`);
});

test('a command that prints for ever is stopped, and is gone', async () => {
  const said = await blockedBy('endless');
  assert.match(
    said.stdout,
    /endless-step is blocked\W+refused\W+.*sh printed without end and was stopped/,
  );
  assert.ok(!isRunning(readFileSync(join(folder.path, 'endless.pid'), 'utf8').trim()));
});

test('a command that ignores SIGTERM is ended in its timebox with all that it began', async () => {
  const said = await blockedBy('deaf');
  assert.match(said.stdout, /deaf-step is blocked\W+timed.out\W+/);
  const pids = readFileSync(join(folder.path, 'deaf.pid'), 'utf8').trim().split('\n');
  assert.equal(pids.length, 2);
  // The group is killed a second after it was asked to go, which may be after the timebox.
  await until(
    'their end',
    () => pids.filter(isRunning),
    (left) => left.length === 0,
  );
});

test('after all that the journal is whole, no secret is in it, and no command is left', async () => {
  const exported = await Promise.all(
    (await run('journal', '--json')).stdout
      .split('\n')
      .flatMap((line) => /"stream":"([^"]+)"/.exec(line)?.[1] ?? [])
      .map((stream) => run('journal', stream, '--json')),
  );
  assert.ok(exported.length >= 7);
  for (const { stdout } of exported) assert.doesNotMatch(stdout, /a-token-nobody-may-see/);
  assert.equal((await run('journal', 'verify')).exit, 0);
  const processes = existsSync('/proc') ? readdirSync('/proc') : [];
  const children = processes.filter(
    (pid) => /^\d+$/.test(pid) && isRunning(pid) && commandOf(pid).includes('hostile\0'),
  );
  assert.deepEqual(children, []);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
