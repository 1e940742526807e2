// `backout check` as people and CI systems run it: exit codes, formats, and every kind of broken plan.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { backout, linesOf, start, temporaryFolder } from './backout.ts';
import { shopPlan } from './shop-plan.ts';

const folder = temporaryFolder();
after(folder.remove);
const at = { cwd: folder.path };

const plan = (text: string, file = 'shop.plan.yaml'): void =>
  writeFileSync(join(folder.path, file), text);

/** A finding that must be mended: a playbook that nothing proves. */
const unproven = shopPlan.replace(
  '    verified: { by: [all-good], hold: 1s, within: 30s }\n  quick:',
  '  quick:',
);

test('a valid plan is said to be valid, with what it leaves open, and exits 0', async () => {
  plan(shopPlan);
  const said = await backout(['check'], at);
  assert.equal(said.exit, 0, said.stderr);
  assert.match(said.stdout, /^shop-move {2}plan [0-9a-f]{6}/);
  assert.match(said.stdout, /◐ safeguards-backups-declared/);
  assert.match(said.stdout, /● Valid; the language finds nothing that must be mended/);
});

test('a plan with a finding that must be mended exits 1 and shows the line', async () => {
  plan(unproven);
  const said = await backout(['check'], at);
  assert.equal(said.exit, 1);
  assert.match(said.stdout, /▲ playbook-is-verified {3}Playbook full does not say what proves/);
  assert.match(said.stdout, /shop\.plan\.yaml:\d+:\d+/);
  assert.match(said.stdout, /\^\^\^/);
  assert.match(said.stdout, /▲ Not ready: 1 to mend/);
});

test('broken YAML exits 2 with the place, the line and a caret', async () => {
  plan('backout: 1\nname: shop-move\nsystems: { here: { uses: command }\nsignals: {}\n');
  const said = await backout(['check'], at);
  assert.equal(said.exit, 2);
  assert.match(said.stdout, /^error .* {3}BK-0401$/m);
  assert.match(said.stdout, /shop\.plan\.yaml:\d+:\d+/);
  assert.match(said.stdout, /\^/);
});

test('unknown names are all reported at once, each with what was probably meant', async () => {
  plan(
    shopPlan
      .replace('playbook: quick', 'playbook: quik')
      .replace('from: here, command', 'from: hree, command'),
  );
  const said = await backout(['check'], at);
  assert.equal(said.exit, 2);
  assert.match(said.stdout, /"quik".*BK-0412[\s\S]*did you mean "quick"\?/);
  assert.match(said.stdout, /"hree".*BK-0412[\s\S]*did you mean "here"\?/);
});

test('a plan that includes itself is refused, not read for ever', async () => {
  plan(`include: [shop.plan.yaml]\n${shopPlan}`);
  const said = await backout(['check'], at);
  assert.equal(said.exit, 2);
  assert.match(said.stdout, /The plan includes itself\..*BK-0416/);
});

test('a missing file, a folder and an empty place are usage errors that say what to do', async () => {
  const missing = await backout(['check', 'shop.plan.yml'], at);
  assert.equal(missing.exit, 2);
  assert.match(
    missing.stderr,
    /Cannot read shop\.plan\.yml: there is no such file\. Did you mean "shop\.plan\.yaml"\?/,
  );
  const directory = await backout(['check', '.'], at);
  assert.equal(directory.exit, 2);
  assert.match(directory.stderr, /it is a folder/);
  const empty = temporaryFolder();
  const nothing = await backout(['check'], { cwd: empty.path });
  empty.remove();
  assert.equal(nothing.exit, 2);
  assert.match(nothing.stderr, /Cannot find a plan here.*backout init/);
});

test('--json begins with a version line and ends with a result line that bears the exit code', async () => {
  plan(unproven);
  const said = await backout(['check', '--json'], at);
  const lines = linesOf(said);
  assert.deepEqual(lines[0], { type: 'version', backout: lines[0]?.['backout'], schema: 1 });
  assert.ok(
    lines.some((line) => line.type === 'finding' && line['rule'] === 'playbook-is-verified'),
  );
  assert.deepEqual(
    { type: lines.at(-1)?.type, exit: lines.at(-1)?.['exit'] },
    { type: 'result', exit: 1 },
  );
  assert.equal(said.exit, 1);
});

test('GitHub gets a workflow command for each finding, errors first, escaped', async () => {
  plan(unproven);
  const said = await backout(['check', '--format', 'github'], at);
  assert.equal(said.exit, 1);
  const [first] = said.stdout.split('\n');
  assert.match(
    first ?? '',
    /^::error file=shop\.plan\.yaml,line=\d+,col=\d+,endColumn=\d+,title=playbook-is-verified::Playbook full/,
  );
});

test('SARIF, JUnit and Markdown are written to files', async () => {
  plan(unproven);
  for (const format of ['sarif', 'junit', 'markdown']) {
    const said = await backout(['check', '--format', format, '-o', `out.${format}`], at);
    assert.equal(said.exit, 1, said.stderr);
    assert.match(said.stderr, new RegExp(`Wrote out\\.${format}`));
  }
  const read = (format: string): string => readFileSync(join(folder.path, `out.${format}`), 'utf8');
  const sarif = JSON.parse(read('sarif')) as {
    readonly runs: readonly [
      {
        readonly results: readonly {
          readonly ruleId: string;
          readonly partialFingerprints: object;
        }[];
      },
    ];
  };
  assert.ok(sarif.runs[0].results.some((result) => result.ruleId === 'playbook-is-verified'));
  assert.match(read('junit'), /<testsuite name="shop-move" tests="\d+" failures="1"/);
  assert.match(read('markdown'), /\| ▲ \| playbook-is-verified \|/);
});

test('--ascii and NO_COLOR leave plain letters, FORCE_COLOR paints', async () => {
  plan(unproven);
  const plain = await backout(['check', '--ascii'], at);
  // oxlint-disable-next-line no-control-regex
  assert.match(plain.stdout, /^[\x20-\x7e\n]*$/);
  assert.match(plain.stdout, /^!! playbook-is-verified/m);
  const colored = await backout(['check'], { ...at, env: { FORCE_COLOR: '1' } });
  assert.ok(colored.stdout.includes('\u001b[31m▲'));
  const silenced = await backout(['check'], { ...at, env: { NO_COLOR: '1' } });
  assert.ok(!silenced.stdout.includes('\u001b'));
});

test('check --watch judges again when the file is saved, and ends by Ctrl-C', async () => {
  plan(shopPlan);
  const watching = start(['check', '--watch'], at);
  await watching.until(/● Valid[\s\S]*/);
  await watching.until(/Checks again on each save/);
  plan(unproven);
  await watching.until(/▲ Not ready/);
  watching.child.kill('SIGINT');
  assert.equal((await watching.ended).exit, 1);
});

test('a connector, a state and an option that are not there are found without asking any system', async () => {
  plan(
    shopPlan
      .replace('uses: http, url', 'uses: htpp, url')
      .replace('uses: command/holds', 'uses: command/hold')
      .replace('apply: [touch, stopped]', 'aply: [touch, stopped]'),
  );
  const said = await backout(['check'], at);
  assert.equal(said.exit, 1);
  assert.match(
    said.stdout,
    /▲ connector-is-known {3}System flags uses "htpp".*[\s\S]*did you mean "http"\?/,
  );
  assert.match(
    said.stdout,
    /▲ state-is-known {3}Step stop-writes uses command\/hold.*[\s\S]*did you mean "command\/holds"\?/,
  );
  plan(
    shopPlan
      .replace(
        'notices: { to: [{ channel: pager }] }',
        'notices: { calls: [{ channel: pager, to: page }, { channel: mail, to: email }] }',
      )
      .replace(
        'systems:\n',
        'systems:\n  mail: { uses: smtp, host: 127.0.0.1, from: backout@example.com }\n',
      )
      .replace('ada: { name: Ada }', 'ada: { name: Ada, email: nowhere }'),
  );
  const called = await backout(['check'], at);
  assert.match(
    called.stdout,
    /▲ channel-reaches-people {3}People are called through pager, and the connector webhook reaches no single[\s\S]*person/,
  );
  assert.match(
    called.stdout,
    /▲ connector-accepts {3}The email of ada, who is called through mail, is not as its connector wants it/,
  );
  plan(shopPlan.replaceAll('apply: [touch, stopped]', 'aply: [touch, stopped]'));
  const option = await backout(['check'], at);
  assert.equal(option.exit, 1);
  assert.match(
    option.stdout,
    /▲ connector-accepts {3}Step stop-writes is not as its connector wants it: Unrecognized key: "aply"/,
  );
  assert.match(option.stdout, /shop\.plan\.yaml:\d+:\d+\n +\d+ \| .*aply/);
});
