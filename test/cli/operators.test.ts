// Operators from the command line on a managed store of their own, and through a real server: added, proven, refused, revoked.
import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Running, type Said, backout, linesOf, start, temporaryFolder } from './backout.ts';
import { type FlagService, shopPlan, startFlags } from './shop-plan.ts';

const folder = temporaryFolder();
const kept = join(folder.path, '.config/backout/operator-tokens.json');
let flags: FlagService;
let env: { readonly [name: string]: string } = {};
let server: Running;
let url = '';
const tokens: { [name: string]: string } = {};

before(async () => {
  flags = await startFlags();
  env = {
    FLAGS_URL: flags.url,
    PAGER_SECRET: 'shared-with-the-pager',
    BACKOUT_DATA: join(folder.path, 'data'),
  };
  writeFileSync(join(folder.path, 'shop.plan.yaml'), shopPlan);
  server = start(['serve', 'shop.plan.yaml', '--port', '0'], {
    cwd: folder.path,
    env,
    withinMs: 600_000,
  });
  [, url = ''] = await server.until(/Page and API: (\S+)/);
});
after(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  await flags.stop();
  folder.remove();
});

const run = (words: readonly string[], more: { readonly [name: string]: string } = {}) =>
  backout(words, { cwd: folder.path, env: { ...env, ...more } });
const as = (name: string): { readonly BACKOUT_OPERATOR_TOKEN: string } => ({
  BACKOUT_OPERATOR_TOKEN: tokens[name] ?? '',
});
const tokenIn = ({ stdout }: Said): string => /bko_\S+/.exec(stdout)?.[0] ?? '';

test('the first operator is added by whoever has the store, and their token is shown once', async () => {
  const none = await run(['operator', 'list']);
  assert.match(none.stdout, /There is no operator yet, so every name is believed/);
  assert.equal((await run(['operator', 'add', 'Ada L.'])).exit, 2);
  const added = await run(['operator', 'add', 'ada', '--called', 'Ada L.']);
  assert.equal(added.exit, 0, added.stderr);
  tokens['ada'] = tokenIn(added);
  assert.match(added.stderr, /From now on every order must be proven/);
  const list = await run(['operator', 'list', '--json']);
  assert.doesNotMatch(list.stdout, /bko_/);
  assert.match((await run(['journal', 'operators'])).stdout, /made ada \(Ada L\.\) an operator/);
});

test('a second operator wants the token of one who manages', async () => {
  const claimed = await run(['operator', 'add', 'ben', '--who', 'ada']);
  assert.equal(claimed.exit, 1);
  assert.match(claimed.stderr, /must be proven by the token of one who manages/);
  const added = await run(['operator', 'add', 'ben'], as('ada'));
  assert.equal(added.exit, 0, added.stderr);
  tokens['ben'] = tokenIn(added);
  const own = await run(['operator', 'add', 'chi'], as('ben'));
  assert.match(own.stderr, /ben does not manage operators\. Who does: Ada L\./);
});

test('an order without a token is refused on the store and through the server alike', async () => {
  for (const through of [[], ['--server', url]]) {
    const said = await run(['run', 'quick', '--because', 'test', '--drill', ...through]);
    assert.equal(said.exit, 1, said.stderr);
    assert.match(said.stderr, /Orders must be proven here, and ".*" is only a name\./);
  }
});

test('who holds no role in the plan is told who may', async () => {
  const said = await run(
    ['run', 'quick', '--because', 'test', '--drill', '--server', url],
    as('ben'),
  );
  assert.equal(said.exit, 1);
  assert.match(said.stderr, /ben holds no role in this plan\. Who may: Ada, owner/);
});

test('with a token the order is given in its operator’s name, and no other name is taken', async () => {
  const lied = await run(
    ['run', 'quick', '--because', 'test', '--drill', '--who', 'ben', '--server', url],
    as('ada'),
  );
  assert.equal(lied.exit, 2);
  assert.match(lied.stderr, /the token is ada's\. Leave --who out/);
  const ran = await run(
    ['run', 'quick', '--because', 'test', '--drill', '--server', url, '--json'],
    as('ada'),
  );
  assert.equal(ran.exit, 0, ran.stderr);
  const told = await run(['journal', 'migration-shop-move', '--json']);
  const made = linesOf(told).findLast((line) => /DecisionMade/.test(JSON.stringify(line)));
  assert.match(JSON.stringify(made), /"actor":\{"kind":"person","name":"ada","proof":"token"\}/);
});

test('login keeps a token for one place, where only its owner may read it', async () => {
  const file = join(folder.path, 'token.txt');
  writeFileSync(file, tokens['ben'] ?? '');
  const login = start(['operator', 'login', '--server', url], {
    cwd: folder.path,
    env,
    stdin: file,
  });
  const said = await login.ended;
  assert.equal(said.exit, 0, said.stderr);
  assert.match(said.stdout, /You are ben at http/);
  assert.equal(statSync(kept).mode & 0o777, 0o600);
  const there = await run(['operator', 'whoami', '--server', url]);
  assert.match(there.stdout, /ben, proven by your operator's token/);
  const elsewhere = await run(['operator', 'whoami']);
  assert.match(elsewhere.stdout, /as this machine says; nothing proves it/);
  chmodSync(kept, 0o644);
  const open = await run(['operator', 'whoami', '--server', url]);
  assert.equal(open.exit, 2);
  assert.match(open.stderr, /others may read it/);
  chmodSync(kept, 0o600);
});

test('a revoked token ends at once, and is said to be nobody’s', async () => {
  assert.equal((await run(['operator', 'revoke', 'ada'], as('ada'))).exit, 1);
  const revoked = await run(['operator', 'revoke', 'ben'], as('ada'));
  assert.equal(revoked.exit, 0, revoked.stderr);
  const said = await run(['run', 'quick', '--because', 'test', '--drill', '--server', url]);
  assert.match(said.stderr, /token.* nobody’s/);
  assert.notEqual(said.exit, 0);
  const out = await run(['operator', 'logout', '--server', url]);
  assert.match(out.stdout, /is forgotten/);
});

test('when every token is lost, recovery needs a reason and stands in the journal without a proof', async () => {
  const unsaid = await run(['operator', 'token', 'ada', '--recovery']);
  assert.equal(unsaid.exit, 1);
  const given = await run(['operator', 'token', 'ada', '--recovery', '--because', 'phone stolen']);
  assert.equal(given.exit, 0, given.stderr);
  assert.match((await run(['operator', 'whoami'], as('ada'))).stderr, /nobody’s here/);
  tokens['ada'] = tokenIn(given);
  assert.match((await run(['operator', 'whoami'], as('ada'))).stdout, /ada, proven/);
  assert.match(
    (await run(['journal', 'operators'])).stdout,
    /gave ada a new token; the one before it ended, without a proof: phone stolen/,
  );
  assert.equal((await run(['store', 'check'])).exit, 0);
});
