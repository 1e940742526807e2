// Connectors that a plan brings: found where the plan says and nowhere else, judged before they are used, refused in words that mend.
import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadConnector } from '../../src/connectors/index.ts';
import { loadOutside } from '../../src/connectors/outside.ts';
import { backout, temporaryFolder } from '../cli/backout.ts';

const folder = temporaryFolder();
after(folder.remove);
const plans = join(folder.path, 'backout');

const write = (path: string, text: string): void => {
  const file = join(folder.path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

/** A connector that needs nothing but itself; `more` comes after its own parts. */
const pbx = (more = '', summary = 'A switchboard'): string => `
const anything = { '~standard': { version: 1, vendor: 'own', validate: (value: object) => ({ value }) } };
const numbered = { '~standard': { version: 1, vendor: 'own', validate: (value: { line?: unknown }) =>
  typeof value.line === 'number' ? { value } : { issues: [{ message: 'is no number', path: ['line'] }] } } };
const open = new Set<number>();
export default {
  name: 'pbx',
  summary: '${summary}',
  options: anything,
  open: () => open,
  states: { line: {
    summary: 'A line is open',
    desired: numbered,
    observe: async (lines: Set<number>, { line }: { line: number }) =>
      lines.has(line) ? { type: 'holds', evidence: null } : { type: 'differs', evidence: null },
    apply: async (lines: Set<number>, { line }: { line: number }) => { lines.add(line); return null; },
  } },
  ${more}
};
`;

const refusal = async (uses: string): Promise<string> => {
  try {
    await loadConnector(uses, plans);
  } catch (error) {
    assert.match(String(error), /^ConnectorError: \[plan\] Cannot use /);
    return (error as Error).message.replace('[plan] Cannot use ', '');
  }
  return assert.fail(`${uses} was not refused`);
};

describe('a connector of the plan', () => {
  it('is a file beside it, or a package above it, by any way that a package says its entry', async () => {
    write('backout/pbx.ts', pbx());
    write('pbx.mts', pbx());
    const js = pbx()
      .replaceAll(/: (object|number|Set<number>|\{ line\??: (number|unknown) \})(?=[,)])/g, '')
      .replace('<number>', '');
    const entries = {
      'backout-connector-main': { main: 'lib/pbx.js', type: 'module' },
      'backout-connector-text': { exports: './lib/pbx.js', type: 'module' },
      '@acme/pbx': {
        exports: { '.': { types: './no.d.ts', import: './lib/pbx.js' } },
        type: 'module',
      },
    };
    for (const [name, manifest] of Object.entries(entries)) {
      write(`node_modules/${name}/package.json`, JSON.stringify(manifest));
      write(`node_modules/${name}/lib/pbx.js`, js);
    }
    for (const uses of ['./pbx.ts', '../pbx.mts', ...Object.keys(entries)])
      assert.equal((await loadConnector(uses, plans))?.name, 'pbx', uses);
  });

  it('is never searched for: only a file or a package that is named as such is looked at', async () => {
    write('node_modules/pbx/package.json', '{ "main": "pbx.js" }');
    write('node_modules/pbx/pbx.js', 'globalThis.searched = true;');
    assert.equal(await loadConnector('pbx', plans), undefined);
    assert.equal('searched' in globalThis, false);
  });

  it('is read anew when it was mended', async () => {
    write('backout/mended.ts', 'throw new Error("half written");');
    assert.match(
      await refusal('./mended.ts'),
      /^\.\/mended\.ts: loading it throws Error: half written\.$/,
    );
    write('backout/mended.ts', pbx());
    utimesSync(join(plans, 'mended.ts'), new Date(), new Date(Date.now() + 5_000));
    assert.equal((await loadConnector('./mended.ts', plans))?.name, 'pbx');
  });

  it('is refused with what is wrong with it', async () => {
    assert.match(await refusal('./none.ts'), /there is no file .*none\.ts\.$/);
    assert.match(
      await refusal('backout-connector-none'),
      /no such package is installed .*npm install backout-connector-none\.$/,
    );
    write('node_modules/backout-connector-odd/package.json', '{');
    assert.match(await refusal('backout-connector-odd'), /its package\.json is no JSON/);
    write('node_modules/@acme/closed/package.json', '{ "exports": { "./inner": "./x.js" } }');
    assert.match(await refusal('@acme/closed'), /have no entry "\."/);
    write('backout/named.ts', 'export const pbx = {};');
    assert.match(
      await refusal('./named.ts'),
      /no default export; it exports pbx by name only\. Write: export default/,
    );
    write('backout/needs.ts', "import 'backout/connector'; export default {};");
    assert.match(
      await refusal('./needs.ts'),
      /needs the package backout, .*npm install backout\.$/,
    );
    write('backout/postgres.ts', pbx("name: 'postgres',"));
    assert.match(await refusal('./postgres.ts'), /calls itself postgres, and Backout brings/);
  });

  it('is not waited for when its first lines wait for something', async () => {
    write(
      'backout/waits.ts',
      'await new Promise((resolve) => setTimeout(resolve, 60_000).unref()); export default {};',
    );
    await assert.rejects(loadOutside('./waits.ts', plans, [], 50), /not loaded within 0\.05 s/);
  });

  it('must have every part of a connector in its place', async () => {
    const wrongs: readonly (readonly [string, RegExp])[] = [
      ["name: 'Pbx',", /its name is no kebab-case text/],
      ['summary: 7,', /its summary is no text/],
      ['options: {},', /its options are no schema/],
      ["open: 'now',", /it has no function "open"/],
      ["close: 'now',", /"close" of it is no function/],
      ['states: [],', /its states are no object/],
      ['states: { Line: {} },', /its state "Line" is not kebab-case/],
      ['states: { line: {} },', /its state line has no summary/],
      ["states: { line: { summary: '', desired: {} } },", /its state line has no schema "desired"/],
      [
        "states: { line: { summary: '', desired: anything } },",
        /its state line has no function "observe"/,
      ],
      [
        "states: { line: { summary: '', desired: anything, observe() {}, undo: 1 } },",
        /"undo" of its state line is no function/,
      ],
      [
        "states: { line: { summary: '', desired: anything, observe() {}, undone: true } },",
        /"undone" of its state line is no function/,
      ],
      ["signal: { summary: '', query: anything },", /its signal has no function "read"/],
      ["channel: { summary: '', send() {} },", /its channel has no schema "address"/],
      ["events: { summary: '' },", /its events has no function "receive"/],
    ];
    for (const [index, [more, says]] of wrongs.entries()) {
      write(`backout/wrong-${index}.ts`, pbx(more));
      assert.match(await refusal(`./wrong-${index}.ts`), says);
    }
    write('backout/number.ts', 'export default 7;');
    assert.match(await refusal('./number.ts'), /it is no connector: it is number/);
  });
});

describe('a plan that uses one', () => {
  const plan = (uses: string, line: string): string => `backout: 1
name: pbx-move
objectives: { rto: 15m, rpo: 0s }
people: { ada: { name: Ada } }
roles: { owner: ada }
systems: { exchange: { uses: ${uses} } }
phases: [{ name: cutover, failure: { not-applicable: by hand }, rollback: full }]
playbooks:
  full:
    scope: full
    verified: { by: [open], hold: 1s }
    stages:
      - lines:
          - { step: open-line, owner: owner, timebox: 30s, uses: pbx/line, with: { system: exchange, line: ${line} } }
checks: { line: { uses: pbx/line, with: { system: exchange, line: 7 } } }
checkpoints: { open: { checks: [line] } }
`;
  const check = async (uses: string, line = '7'): ReturnType<typeof backout> => {
    write('backout/pbx-move.plan.yaml', plan(uses, line));
    // From another folder than the plan's, for the plan's is the one that counts.
    return backout(['check', 'backout/pbx-move.plan.yaml'], { cwd: folder.path });
  };

  it('is judged by what its connector wants, whichever way it is named', async () => {
    for (const uses of ['./pbx.ts', 'backout-connector-main', '"@acme/pbx"']) {
      const good = await check(uses);
      assert.doesNotMatch(good.stdout, /connector-is-known|state-is-known|connector-accepts/);
      const bad = await check(uses, 'seven');
      assert.match(bad.stdout, /connector-accepts.*Step open-line .* at line: is no number/);
    }
  });

  it('is not ready while its connector cannot be used, and says why at that line', async () => {
    const said = await check('./none.ts');
    assert.equal(said.exit, 1);
    assert.match(
      said.stdout,
      /connector-is-known {3}System exchange: Cannot use \.\/none\.ts: there is no file/,
    );
    assert.match(said.stdout, /pbx-move\.plan\.yaml:6:/);
  });

  it('is not valid when it names no connector at all', async () => {
    for (const uses of ['/etc/pbx.ts', 'Pbx', './pbx.txt', 'file:///pbx.ts', '@acme']) {
      const said = await check(`"${uses}"`);
      assert.equal(said.exit, 2, `${uses}\n${said.stdout}`);
      assert.match(said.stdout, /System exchange, uses: this names no connector\./);
    }
  });
});
