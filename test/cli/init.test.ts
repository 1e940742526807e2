// `backout init` and the templates: valid as they stand, true to the connectors, never written over anything.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { loadConnector, resolveState } from '../../src/connectors/index.ts';
import type { AnyConnector, Schema } from '../../src/connector.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import type { Loose, Plan } from '../../src/core/plan/plan.ts';
import { fillSecrets } from '../../src/core/plan/secrets.ts';
import { root } from '../../scripts/tool.ts';
import { backout, temporaryFolder } from './backout.ts';

const folder = temporaryFolder();
after(folder.remove);
const at = { cwd: folder.path };
const templates = globSync('templates/*.plan.yaml', { cwd: root }).toSorted();

for (const file of templates) {
  const name = basename(file, '.plan.yaml');

  test(`the template ${name} is a valid plan with nothing that must be mended`, () => {
    const parsed = parsePlan({ file, text: readFileSync(join(root, file), 'utf8') });
    assert.equal(parsed.type, 'plan');
    assert.deepEqual(
      parsed.type === 'plan' && parsed.findings.filter((finding) => finding.severity === 'block'),
      [],
    );
  });

  test(`every system, signal and step of the template ${name} is as its connector wants it`, async () => {
    const parsed = parsePlan({ file, text: readFileSync(join(root, file), 'utf8') });
    assert.ok(parsed.type === 'plan');
    assert.deepEqual(await complaintsOf(parsed.plan), []);
  });
}

test('init writes a plan under the wanted name, which check accepts, and the CI workflow when asked', async () => {
  const said = await backout(
    ['init', '--from', 'provider-swap', '--name', 'login-swap', '--ci'],
    at,
  );
  assert.equal(said.exit, 0, said.stderr);
  assert.match(
    said.stdout,
    /Wrote backout\/login-swap\.plan\.yaml {3}\(\d+ lines, \d+ places marked CHANGE\)/,
  );
  assert.match(said.stderr, /Next: backout check --watch/);
  assert.ok(existsSync(join(folder.path, '.github/workflows/backout.yml')));
  const checked = await backout(['check'], at);
  assert.equal(checked.exit, 0, checked.stdout);
  assert.match(checked.stdout, /^login-swap /);
});

test('init never writes over a plan, nor half of what was asked', async () => {
  const before = readFileSync(join(folder.path, 'backout/login-swap.plan.yaml'), 'utf8');
  const said = await backout(['init', '--from', 'monolith-split', '--name', 'login-swap'], at);
  assert.equal(said.exit, 2);
  assert.match(said.stderr, /Cannot write backout\/login-swap\.plan\.yaml: it is there already/);
  assert.equal(readFileSync(join(folder.path, 'backout/login-swap.plan.yaml'), 'utf8'), before);
  const ci = await backout(['init', '--name', 'other', '--ci'], at);
  assert.equal(ci.exit, 2);
  assert.ok(!existsSync(join(folder.path, 'backout/other.plan.yaml')));
});

test('an unknown template and a bad name are answered with what is possible', async () => {
  const template = await backout(['init', '--from', 'database-cutver'], at);
  assert.equal(template.exit, 2);
  assert.match(template.stderr, /did you mean "database-cutover"\?/);
  const name = await backout(['init', '--name', 'Ledger Cutover'], at);
  assert.equal(name.exit, 2);
  assert.match(name.stderr, /small letters, digits and single hyphens/);
});

test('names complete from the plan of the folder', async () => {
  const complete = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await backout(['complete-words', '--', ...words], at)).stdout.trim().split('\n');
  assert.ok((await complete('che')).includes('check'));
  assert.deepEqual(await complete('run', 'old'), ['old-provider-again']);
  assert.deepEqual(await complete('serve', '--phase', 'can'), ['canary']);
  assert.deepEqual(await complete('run', 'step', 'skip', '7', 'flag'), ['flag-off']);
  assert.deepEqual(await complete('check', '--form'), ['--format']);
  const script = await backout(['completion', 'bash'], at);
  assert.match(script.stdout, /complete -F _backout backout/);
});

/** What the connectors say against a plan; secrets are filled with addresses of every kind. */
async function complaintsOf(plan: Plan): Promise<readonly string[]> {
  const complaints: string[] = [];
  const judge = async (what: string, schema: Schema<unknown>, value: unknown): Promise<void> => {
    const filled = fillSecrets(value, sampleOf);
    assert.ok(filled.type === 'filled');
    const result = await schema['~standard'].validate(filled.value);
    for (const issue of result.issues ?? []) complaints.push(`${what}: ${issue.message}`);
  };
  const connectorOf = async (system: string): Promise<AnyConnector | undefined> =>
    loadConnector(plan.systems[system]?.uses ?? '', '.');
  for (const [name, system] of Object.entries(plan.systems)) {
    const connector = await connectorOf(name);
    if (connector === undefined) complaints.push(`${name}: no connector ${system.uses}`);
    else await judge(name, connector.options, system.options);
  }
  for (const [name, signal] of Object.entries(plan.signals)) {
    const connector = await connectorOf(signal.from);
    if (connector?.signal !== undefined)
      await judge(name, connector.signal.query as Schema<unknown>, signal.query);
    else if (connector?.events === undefined)
      complaints.push(`${name}: ${signal.from} has no signals`);
  }
  for (const { uses, with: input } of statesOf(plan)) {
    const { system, ...desired } = input;
    const connector = await connectorOf(typeof system === 'string' ? system : '');
    const resolved = resolveState(uses, connector?.name ?? '');
    const kind = resolved.type === 'resolved' ? connector?.states?.[resolved.state] : undefined;
    if (kind === undefined) complaints.push(`${uses} on ${JSON.stringify(system)}: no such state`);
    else await judge(uses, kind.desired as Schema<unknown>, desired);
  }
  return complaints;
}

function statesOf(plan: Plan): readonly { readonly uses: string; readonly with: Loose }[] {
  const acts = Object.values(plan.playbooks).flatMap((playbook) =>
    playbook.stages.flatMap((stage) =>
      stage.entries.flatMap((entry) =>
        entry.type === 'step' && entry.act.type === 'state' ? [entry.act] : [],
      ),
    ),
  );
  return acts.map((act) => ({ uses: `${act.uses.connector}/${act.uses.state}`, with: act.with }));
}

function sampleOf(reference: string): string {
  if (/SMTP/.test(reference)) return 'smtp://user:password@mail.example.com:587';
  if (/(LEGACY|NEW|DB)_URL/.test(reference)) return 'postgres://user:password@db.example.com/shop';
  return /URL/.test(reference)
    ? 'http://service.example.com:9000'
    : 'a-secret-that-is-long-enough-for-a-signature';
}
