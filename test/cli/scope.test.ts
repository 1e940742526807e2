// A run of a part, from the command line: what goes back is said before it begins, and only that is changed.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Said, backout, linesOf, temporaryFolder } from './backout.ts';

const folder = temporaryFolder();
const plan = `backout: 1
name: regions
people: { ada: { name: Ada } }
roles: { owner: ada }
systems: { here: { uses: command } }
scopes:
  components: { accounts: {}, billing: { depends-on: [accounts] } }
  regions: { eu: {}, us: {} }
playbooks:
  full:
    scope: full
    stages:
      - back:
          - { step: accounts, owner: owner, timebox: 30s, for: { component: accounts }, uses: command/holds, with: { system: here, observe: [test, -e, accounts], apply: [touch, accounts] } }
          - { step: billing, owner: owner, timebox: 30s, for: { component: billing, region: each }, uses: command/holds, with: { system: here, observe: [test, -e, "billing-\${scope:region}"], apply: [touch, "billing-\${scope:region}"] } }
    verified: { by: [there], hold: 1ms, within: 30s }
checks: { there: { uses: command/holds, with: { system: here, observe: [test, -e, billing-eu] } } }
checkpoints: { there: { checks: [there] } }
`;

before(() => writeFileSync(join(folder.path, 'regions.plan.yaml'), plan));
after(() => folder.remove());

const run = (...words: readonly string[]): Promise<Said> =>
  backout(words, { cwd: folder.path, env: { BACKOUT_DATA: join(folder.path, 'data') } });
const there = (name: string): boolean => existsSync(join(folder.path, name));

test('a preview of a part says what goes back too, and which steps are left out', async () => {
  const narrow = await run('run', 'full', '--component', 'billing', '--region', 'eu', '--preview');
  assert.equal(narrow.exit, 0, narrow.stderr);
  assert.match(narrow.stdout, /^Would roll back regions \(full, component=billing region=eu\)/m);
  assert.match(narrow.stdout, /◇ accounts is left out: it is for component accounts/);
  assert.match(narrow.stdout, /~ billing\.eu /);
  assert.doesNotMatch(narrow.stdout, /billing\.us/);
  const wide = await run('run', 'full', '--component', 'accounts', '--preview');
  assert.match(wide.stdout, /component billing goes back too, because it depends on accounts/);
});

test('a name that is not there is answered with what was meant, before anything begins', async () => {
  const said = await run('run', 'full', '--component', 'biling', '--because', 'test');
  assert.equal(said.exit, 2);
  assert.match(said.stderr, /has no component biling; did you mean "billing"\?/);
});

test('a run of a part changes that part only, and its journal bears the scope', async () => {
  const words = ['--component', 'billing', '--region', 'eu', '--because', 'test', '--json'];
  const said = await run('run', 'full', ...words);
  assert.equal(said.exit, 0, said.stderr + said.stdout);
  assert.deepEqual(['accounts', 'billing-eu', 'billing-us'].map(there), [false, true, false]);
  const started = linesOf(said)
    .map((line) => line['body'] as { readonly type?: string; readonly scope?: unknown } | undefined)
    .find((body) => body?.type === 'RunStarted');
  assert.deepEqual(started?.scope, { component: ['billing'], region: ['eu'] });
});
