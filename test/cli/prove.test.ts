// Proofs from the command line, on real systems: what is idempotent, what is not provable, and what is broken and how.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { type TemporaryServer, temporaryServer } from '../store/temporary.ts';
import { backout, linesOf, type Said, temporaryFolder } from './backout.ts';
import { type FlagService, startFlags } from './shop-plan.ts';

const folder = temporaryFolder();
let flags: FlagService;
let server: TemporaryServer;
let client: Client;
let env: { readonly [name: string]: string } = {};

/** A plan whose steps are of every kind: `twice` appends a line each time, and sees only that there is one. */
const plan = (environment: string): string => `backout: 1
name: proofs
people: { ada: { name: Ada } }
roles: { owner: ada }
systems:
  here: { uses: command${environment} }
  flags: { uses: http, url: "\${FLAGS_URL}"${environment} }
  data: { uses: postgres, url: "\${DATA_URL}"${environment} }
playbooks:
  full:
    scope: full
    stages:
      - all:
          - step: stop-writes
            owner: owner
            timebox: 30s
            uses: command/holds
            with: { system: here, observe: [test, -e, stopped], apply: [touch, stopped], undo: [rm, -f, stopped] }
          - step: flag-off
            owner: owner
            timebox: 30s
            uses: http/holds
            with:
              system: flags
              observe: { get: /new-side, expect: { json: { /enabled: false } } }
              apply: { put: /new-side, json: { enabled: false } }
              undo: { put: /new-side, json: { enabled: true } }
          - step: writer-back
            owner: owner
            timebox: 30s
            uses: sql/holds
            with:
              system: data
              check: "select value from settings"
              equals: legacy
              apply: "update settings set value = 'legacy'"
              undo: "update settings set value = 'ledger'"
          - step: twice
            owner: owner
            timebox: 30s
            uses: command/holds
            with:
              system: here
              observe: [sh, -c, 'n=$(grep -c . carried); echo "{\\"lines\\":$n}"; test $n -ge 1']
              apply: [sh, -c, 'echo row >> carried']
              undo: [sh, -c, ': > carried']
          - step: no-way-back
            owner: owner
            timebox: 30s
            uses: command/holds
            with: { system: here, observe: [test, -e, gone], apply: [touch, gone] }
          - step: call-the-bank
            owner: owner
            timebox: 30s
            manual: { do: Call the bank }
    verified: { by: [well], hold: 1s, within: 30s }
checks: { stopped: { uses: command/holds, with: { system: here, observe: [test, -e, stopped] } } }
checkpoints: { well: { checks: [stopped] } }
`;

before(async () => {
  flags = await startFlags();
  server = await temporaryServer();
  const url = await server.emptyDatabase();
  client = new Client({ connectionString: url });
  await client.connect();
  await client.query("create table settings as select 'ledger' as value");
  env = { FLAGS_URL: flags.url, DATA_URL: url, BACKOUT_DATABASE_URL: await server.emptyDatabase() };
  writeFileSync(join(folder.path, 'carried'), '');
});
after(async () => {
  await client.end();
  await flags.stop();
  await server.stop();
  folder.remove();
});

const prove = (environment: string, ...words: readonly string[]): Promise<Said> => {
  writeFileSync(join(folder.path, 'proofs.plan.yaml'), plan(environment));
  return backout(['prove', ...words], { cwd: folder.path, env });
};

test('production is left alone, and so is what can not be told from it', async () => {
  const production = await prove(', environment: production');
  assert.equal(production.exit, 1, production.stdout);
  assert.match(production.stderr, /Nothing was touched: system here is production\./);
  assert.match(production.stderr, /--on-production proofs/);
  const unsaid = await prove('');
  assert.equal(unsaid.exit, 1);
  assert.match(unsaid.stderr, /does not say which environment it is/);
  assert.ok(!existsSync(join(folder.path, 'stopped')));
});

test('what does no more than once is proven, what does is found broken with what differed, and all is as it was', async () => {
  const said = await prove('', '--system-environment', 'drill', '--json');
  assert.equal(said.exit, 1, said.stderr);
  const proofs = new Map(
    linesOf(said)
      .filter((line) => line.type === 'proof')
      .map((line) => [line['step'], line]),
  );
  const saysOf = (step: string): unknown => proofs.get(step)?.['says'];
  for (const step of ['stop-writes', 'flag-off', 'writer-back'])
    assert.equal(saysOf(step), 'proven', JSON.stringify(proofs.get(step)));
  assert.equal(saysOf('twice'), 'broken');
  assert.match(String(proofs.get('twice')?.['because']), /late-apply: .*lines was 1 and is 2/);
  assert.equal(saysOf('no-way-back'), 'not-provable');
  assert.match(String(proofs.get('no-way-back')?.['because']), /can't be undone/);
  assert.equal(saysOf('call-the-bank'), 'not-provable');
  const trials = proofs.get('writer-back')?.['trials'] as readonly { readonly name: string }[];
  assert.deepEqual(
    trials.map(({ name }) => name),
    [
      'twice',
      'undo',
      'crash-before-apply',
      'late-apply',
      'crash-before-receipt',
      'crash-before-confirmation',
    ],
  );
  assert.ok(!existsSync(join(folder.path, 'stopped')));
  assert.ok(!existsSync(join(folder.path, 'gone')));
  assert.equal(readFileSync(join(folder.path, 'carried'), 'utf8'), '');
  assert.ok(flags.enabled());
  assert.equal((await client.query('select value from settings')).rows[0].value, 'ledger');
});

test('a proof is evidence in the journal, with its date, its plan and the part that it is of', async () => {
  const told = await backout(['journal', 'evidence-proofs'], { cwd: folder.path, env });
  assert.match(told.stdout, /● stop-writes \(full\) is proven idempotent: the same after 6 trials/);
  assert.match(told.stdout, /▲ twice \(full\) is broken/);
  const json = await backout(['journal', 'evidence-proofs', '--json'], { cwd: folder.path, env });
  const bodies = linesOf(json).flatMap((line) => (line.type === 'event' ? [line['body']] : []));
  const [first] = bodies as readonly { readonly [field: string]: unknown }[];
  assert.match(String(first?.['fingerprint']), /^[0-9a-f]{64}$/);
  assert.match(String(first?.['part']), /^[0-9a-f]{64}$/);
  assert.equal(first?.['environment'], 'drill');
  const whole = await backout(['journal', 'verify'], { cwd: folder.path, env });
  assert.equal(whole.exit, 0, whole.stdout);
});

test('a step that is so already is brought to differ by its own way back, and is so again afterwards', async () => {
  writeFileSync(join(folder.path, 'stopped'), '');
  const said = await prove(', environment: drill', '--playbook', 'full');
  assert.match(said.stdout, /● stop-writes +proven idempotent/);
  assert.ok(existsSync(join(folder.path, 'stopped')));
});
