// The command line explains itself: every command has an example, slips are answered with what was meant.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backout, linesOf, temporaryFolder } from './backout.ts';

const folder = temporaryFolder();
after(folder.remove);
const at = { cwd: folder.path };

test('the help lists every command, the exit codes and the environment', async () => {
  const said = await backout(['--help'], at);
  assert.equal(said.exit, 0);
  for (const name of [
    'init',
    'check',
    'serve',
    'run',
    'watch',
    'approve',
    'hold',
    'journal',
    'doctor',
    'store',
    'schema',
    'completion',
  ]) {
    assert.match(said.stdout, new RegExp(`^ {2}${name}\\b`, 'm'));
  }
  assert.match(said.stdout, /130 +interrupted; a run goes on/);
  assert.match(said.stdout, /BACKOUT_DATABASE_URL/);
  assert.doesNotMatch(said.stdout, /complete-words/);
});

const commands = [
  'init',
  'check',
  'serve',
  'run',
  'run pause',
  'run resume',
  'run abort',
  'run step',
  'run step confirm',
  'run step skip',
  'run step retry',
  'watch',
  'approve',
  'hold',
  'journal',
  'journal verify',
  'doctor',
  'store',
  'store check',
  'schema',
  'demo',
  'completion',
];

for (const command of commands) {
  test(`the help of ${command} has an example that begins with it`, async () => {
    const said = await backout([...command.split(' '), '--help'], at);
    assert.equal(said.exit, 0);
    assert.match(said.stdout, /Example:\n {2}\$ /);
    assert.ok(said.stdout.includes(`backout ${command}`));
  });
}

test('a slip in a command or a flag exits 2 and says what was probably meant', async () => {
  const command = await backout(['chek'], at);
  assert.deepEqual([command.exit, command.stdout], [2, '']);
  assert.match(command.stderr, /unknown command 'chek'\. Did you mean check\?/);
  const flag = await backout(['check', '--fromat', 'json'], at);
  assert.equal(flag.exit, 2);
  assert.match(flag.stderr, /unknown option '--fromat'\. Did you mean --format\?/);
});

test('with --json even a slip ends in a result line', async () => {
  const said = await backout(['chek', '--json'], at);
  const lines = linesOf(said);
  assert.equal(lines[0]?.type, 'version');
  assert.deepEqual(lines.at(-1), { type: 'result', exit: 2 });
});

test('a rollback without a reason is not begun', async () => {
  const said = await backout(['run', 'full'], at);
  assert.equal(said.exit, 2);
  assert.match(said.stderr, /Cannot roll back without a reason: say it with --because/);
});

test('schema prints the JSON Schema, and explains one part of it in words', async () => {
  const whole = await backout(['schema'], at);
  const schema = JSON.parse(whole.stdout) as { readonly title: string };
  assert.equal(schema.title, 'Backout plan');
  const part = await backout(['schema', '--explain', 'triggers.review'], at);
  assert.match(part.stdout, /silence +What happens when nobody answers/);
  const slip = await backout(['schema', '--explain', 'triggers.reviw'], at);
  assert.equal(slip.exit, 2);
  assert.match(slip.stderr, /did you mean "review"\?/);
});
