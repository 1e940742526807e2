// Slips and half-truths at the command line: each is met by one sentence with what to do, the right exit code, and nothing half-done.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { backout, linesOf, type Said, temporaryFolder } from '../cli/backout.ts';
import { type FlagService, shopPlan, startFlags } from '../cli/shop-plan.ts';

const folder = temporaryFolder();
const program = fileURLToPath(new URL('../../bin/backout.js', import.meta.url));
let flags: FlagService;
let env: { readonly [name: string]: string } = {};

before(async () => {
  flags = await startFlags();
  env = {
    FLAGS_URL: flags.url,
    PAGER_SECRET: 'a-secret-that-is-long-enough',
    BACKOUT_DATA: join(folder.path, 'data'),
  };
  writeFileSync(join(folder.path, 'shop.plan.yaml'), shopPlan);
});
after(async () => {
  await flags.stop();
  folder.remove();
});

/** Runs it, and holds every answer to what they all owe: no trace of the program's inside, a code when it failed. */
async function said(words: readonly string[], more: typeof env = {}): Promise<Said> {
  const answer = await backout(words, { cwd: folder.path, env: { ...env, ...more } });
  assert.doesNotMatch(answer.stdout + answer.stderr, /BK-0199|\n\s+at .*:\d+:\d+|\[object /);
  if (answer.exit !== 0 && answer.stderr !== '')
    assert.match(answer.stderr, /^\[[a-z0-9 ]+\] .*BK-\d{4}$/m);
  return answer;
}

test('a phase that the plan does not have is said before a store is made', async () => {
  const serving = await said(['serve', '--phase', 'canry']);
  assert.equal(serving.exit, 2);
  assert.match(serving.stderr, /has no such phase; did you mean "canary"\?/);
  assert.ok(!existsSync(join(folder.path, 'data')));
  const watching = await said(['watch', '--phase', 'canry']);
  assert.equal(watching.exit, 2);
  assert.match(watching.stderr, /has no such phase; did you mean "canary"\?/);
});

test('a taken port is said before the phase is entered', async () => {
  const answer = await said(['serve', '--phase', 'canary', '--port', new URL(flags.url).port]);
  assert.equal(answer.exit, 3);
  assert.match(answer.stderr, /the port is taken.*--port 0/);
  assert.match((await said(['journal'])).stdout, /The journal is empty\./);
});

test('a plan that is named and not valid is answered with its problems, not as if it were not there', async () => {
  const elsewhere = join(folder.path, 'elsewhere');
  mkdirSync(elsewhere);
  const broken = shopPlan
    .replace('name: shop-move', 'name: broken-move')
    .replace('playbook: quick', 'playbook: quik');
  writeFileSync(join(elsewhere, 'other-file.plan.yaml'), broken);
  writeFileSync(join(elsewhere, 'shop.plan.yaml'), shopPlan);
  const answer = await backout(['run', 'full', '--plan', 'broken-move', '--because', 'test'], {
    cwd: elsewhere,
    env,
  });
  assert.equal(answer.exit, 2);
  assert.match(
    answer.stderr,
    /did you mean "quick"\?[^]*Cannot use other-file\.plan\.yaml: it has one problem/,
  );
});

test('a file that is there and cannot be a plan is not answered with its own name', async () => {
  const answer = await said(['check', 'elsewhere']);
  assert.equal(answer.exit, 2);
  assert.match(answer.stderr, /Cannot read elsewhere: it is a folder\. /);
  assert.doesNotMatch(answer.stderr, /did you mean "elsewhere"/i);
});

test('an empty --data is refused: it would mean another folder than the one that was meant', async () => {
  const answer = await said(['journal', '--data', '']);
  assert.equal(answer.exit, 2);
  assert.match(answer.stderr, /--data .*is empty/i);
});

test('a data folder in folders that are not there yet is made, and only itself is private', async () => {
  const data = join(folder.path, 'not', 'there', 'yet');
  const answer = await said(['journal'], { BACKOUT_DATA: data });
  assert.equal(answer.exit, 0, answer.stderr);
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.equal(statSync(join(data, '..')).mode & 0o777, 0o755);
});

test(
  'a data folder where nothing can be made is said at once',
  { skip: !existsSync('/proc/self') },
  async () => {
    const answer = await said(['journal'], { BACKOUT_DATA: '/proc/backout/data' });
    assert.equal(answer.exit, 3);
    assert.match(
      answer.stderr,
      /Cannot keep data in \/proc\/backout\/data: .*leads nowhere.*--data/,
    );
  },
);

test('a decision of a plan that nobody watches is answered with the plans that are', async () => {
  const none = await said(['approve', 'shop-mvoe/1']);
  assert.equal(none.exit, 2);
  assert.match(none.stderr, /no such plan is watched; none is watched yet/);
  const first = await said(['run', 'quick', '--because', 'test']);
  assert.equal(first.exit, 0);
  const near = await said(['hold', 'shop-mvoe/1', '5m']);
  assert.equal(near.exit, 2);
  assert.match(near.stderr, /no such plan is watched; did you mean "shop-move"\?/);
});

test('another program at the address of the server is told from Backout', async () => {
  const other = createServer((_, response) => response.writeHead(404).end('{}'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo; // a server on TCP has such an address
  const absent = await said(['watch', '1'], { BACKOUT_URL: `http://127.0.0.1:${port}` });
  assert.equal(absent.exit, 3);
  assert.match(
    absent.stderr,
    /answered \(404\), but not as Backout does\..*--server or BACKOUT_URL/,
  );
  other.closeAllConnections();
  other.close();
});

test('an export without any event proves nothing', async () => {
  writeFileSync(join(folder.path, 'empty.jsonl'), '');
  const answer = await said(['journal', 'verify', 'empty.jsonl']);
  assert.equal(answer.exit, 2);
  assert.match(answer.stderr, /Cannot verify empty\.jsonl: it holds no event\./);
});

test('names that every object has are unknown like any other', async () => {
  for (const words of [
    ['run', '__proto__', '--because', 'test'],
    ['run', 'constructor', '--preview'],
    ['schema', '--explain', 'constructor'],
    ['journal', 'toString'],
    ['completion', 'valueOf'],
    ['init', '--from', 'constructor'],
  ]) {
    assert.equal((await said(words)).exit, 2, words.join(' '));
  }
});

test('a preview says all of why a system could not be asked, and what people must do', async () => {
  const unset = await said(['run', 'full', '--preview'], { FLAGS_URL: '' });
  assert.equal(unset.exit, 3);
  assert.match(
    unset.stdout.replaceAll(/\s+/g, ' '),
    /\? flag-off could not ask: \[plan\] system flags .*url: .* \[flags\]/,
  );
  const stuck = await said(['run', 'stuck', '--preview']);
  assert.match(
    stuck.stdout.replaceAll(/\s+/g, ' '),
    /\? never-so could not ask: .*exited with 7 \[here\]/,
  );
});

test('a secret in an address is in no sentence about that address', async () => {
  const secret = 'hunter-two';
  const address = flags.url.replace('//', `//ada:${secret}@`).replace(/\d+$/, '9');
  for (const words of [
    ['run', 'full', '--preview'],
    ['run', 'full', '--preview', '--json'],
    ['doctor'],
  ]) {
    const answer = await backout(words, { cwd: folder.path, env: { ...env, FLAGS_URL: address } });
    assert.equal(answer.exit, 3, answer.stdout);
    assert.doesNotMatch(answer.stdout + answer.stderr, new RegExp(secret));
  }
});

test('a reader that goes early is no error', async () => {
  const shown = await throughHead([process.execPath, program, 'schema']);
  assert.deepEqual(shown, { first: '{', complaint: '' });
});

/** The first line of a command whose reader closes after it, and what the command complained of. */
async function throughHead(
  words: readonly string[],
): Promise<{ first: string; complaint: string }> {
  const child = spawn('sh', ['-c', '"$@" | head -n 1', 'sh', ...words], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [first, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (first += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  await once(child, 'close');
  return { first: first.trim(), complaint };
}

test('every command that is told --json answers in JSON lines, whatever became of it', async () => {
  for (const words of [
    ['check'],
    ['check', 'nowhere.yaml'],
    ['run', 'quick', '--preview'],
    ['run', 'quick', '--because', 'test'],
    ['run', 'nothing', '--because', 'test'],
    ['run', 'pause', '--because', 'test'],
    ['run', 'resume', '99'],
    ['run', 'abort'],
    ['run', 'step', 'confirm', '1', 'look'],
    ['run', 'step', 'skip', '1', 'look'],
    ['run', 'step', 'retry', '1', 'look'],
    ['approve'],
    ['hold', '5m'],
    ['watch', '1'],
    ['watch', '99'],
    ['journal'],
    ['journal', '1'],
    ['journal', 'verify'],
    ['store', 'check'],
    ['doctor'],
    ['schema'],
    ['schema', '--explain', 'triggers.when'],
    ['completion', 'bash'],
    ['init', '--name', 'json-too'],
    ['serve', '--phase', 'nowhere'],
    ['demo', '--scenario', 'nowhere'],
    ['nonsense'],
  ]) {
    const answer = await backout([...words, '--json'], { cwd: folder.path, env });
    const lines = linesOf(answer);
    assert.equal(lines[0]?.type, 'version', words.join(' '));
    assert.deepEqual(
      [lines.at(-1)?.type, lines.at(-1)?.['exit']],
      ['result', answer.exit],
      words.join(' '),
    );
    if (answer.exit === 2)
      assert.ok(
        lines.some(({ type }) => type === 'error' || type === 'problem'),
        words.join(' '),
      );
    assert.doesNotMatch(answer.stdout + answer.stderr, /BK-0199/, words.join(' '));
  }
  assert.ok(readdirSync(folder.path).includes('backout'));
});
