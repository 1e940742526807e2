// The package works for somebody who has only its tarball, an empty folder, and the Node that was there before.
import assert from 'node:assert/strict';
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { root } from '../../scripts/tool.ts';
import { npm, oldNode } from './old-node.ts';

const minutes = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'backout-package-'));
const exchange = join(folder, 'connectors/phone-exchange');
const tsc = realpathSync(join(root, 'node_modules/.bin/tsc'));
after(() => rmSync(folder, { recursive: true, force: true }));

before(
  () => {
    const packed = npm(root, 'pack', '--json', '--pack-destination', folder);
    const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('[')));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, filename));
  },
  { timeout: 5 * minutes },
);

test('the installed command says how it is used', () => {
  const { status, stdout, stderr } = backout(['--help'], process.execPath);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Usage: backout/);
});

test('the installed package holds what is published and no source or test', () => {
  const at = join(folder, 'node_modules/backout');
  const published = ['bin', 'dist', 'LICENSE', 'README.md'];
  assert.deepEqual(
    [...published, 'src', 'test'].filter((name) => existsSync(join(at, name))),
    published,
  );
});

test('with an old Node the installed command goes on with the Node 24 that came with it', () => {
  const { status, stdout, stderr } = backout(['--help'], oldNode());
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Usage: backout/);
});

test('with an old Node the exit code of the program comes through', () => {
  assert.equal(backout(['no-such-command'], oldNode()).status, 2);
});

test('the installed command runs the demo to a verified rollback', { timeout: 5 * minutes }, () => {
  const demo = ['demo', '--scenario', 'slow-and-lossy'];
  const { status, stdout, stderr } = backout(demo, process.execPath);
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});

test('a connector that the installed command writes passes the contract at once, and its types hold', () => {
  const { status, stderr } = backout(['connector', 'new', 'phone-exchange'], process.execPath);
  assert.equal(status, 0, stderr);
  const suite = node(exchange, '--test', '--test-reporter=tap');
  assert.equal(suite.status, 0, suite.stdout);
  assert.match(suite.stdout, /the contract of phone-exchange/);
  assert.ok(
    Number(/^# tests (\d+)$/m.exec(suite.stdout)?.[1]) > 20,
    'the whole contract was tried',
  );
  const types = join(root, 'node_modules/@types');
  const compiled = node(exchange, tsc, '-p', exchange, '--typeRoots', types);
  assert.equal(compiled.status, 0, compiled.stdout);
  const again = backout(['connector', 'new', 'phone-exchange'], process.execPath);
  assert.match(again.stderr, /it is there already, and nothing is overwritten/);
});

test(
  'a plan rolls back through that connector, named by its file or by its package',
  { timeout: 4 * minutes },
  async () => {
    cpSync(exchange, join(folder, 'node_modules/backout-connector-phone-exchange'), {
      recursive: true,
    });
    // The toy is what the connector's own test speaks to.
    const { startToy, token } = (await import(join(exchange, 'toy.ts'))) as {
      readonly startToy: () => Promise<Toy>;
      readonly token: string;
    };
    const toy = await startToy();
    const env = { SWITCH_URL: toy.url, SWITCH_TOKEN: token, BACKOUT_DATA: join(folder, 'data') };
    chmodSync(folder, 0o755); // the managed Postgres runs as a user of its own
    try {
      for (const uses of [
        './connectors/phone-exchange/connector.ts',
        'backout-connector-phone-exchange',
      ]) {
        toy.lines.clear();
        writeFileSync(join(folder, 'phones.plan.yaml'), phonePlan(uses));
        const checked = await backoutBeside(['check'], env);
        assert.doesNotMatch(checked.stdout, /connector-|state-is-known/, checked.stdout);
        const ran = await backoutBeside(['run', 'full', '--because', 'it rings'], env);
        assert.equal(ran.exit, 0, `${ran.stdout}\n${ran.stderr}`);
        assert.match(ran.stdout, /sales/);
        assert.equal(toy.lines.get('sales'), false);
      }
    } finally {
      await toy.stop();
    }
  },
);

/** Runs the installed command where this Node is the first on the path. */
function backout(args: readonly string[], node: string): SpawnSyncReturns<string> {
  const path = [dirname(node), '/usr/bin', '/bin'].join(delimiter);
  return spawnSync(join(folder, 'node_modules/.bin/backout'), args, {
    cwd: folder,
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
    timeout: 4 * minutes,
  });
}

/** The same beside this process, which serves what the command asks. */
async function backoutBeside(
  args: readonly string[],
  env: { readonly [name: string]: string },
): Promise<{ readonly exit: number | null; readonly stdout: string; readonly stderr: string }> {
  const program = join(folder, 'node_modules/backout/bin/backout.js');
  const run = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 2 * minutes,
  });
  const ended = once(run, 'close') as Promise<[number | null]>;
  const [stdout, stderr] = await Promise.all([text(run.stdout), text(run.stderr)]);
  const [exit] = await ended;
  return { exit, stdout, stderr };
}

function node(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8', timeout: 2 * minutes });
}

/** What the written toy gives. */
interface Toy {
  readonly url: string;
  readonly lines: Map<string, boolean>;
  readonly stop: () => Promise<void>;
}

function phonePlan(uses: string): string {
  return `backout: 1
name: phones
objectives: { rto: 15m, rpo: 0s }
people: { ada: { name: Ada } }
roles: { owner: ada }
systems: { exchange: { uses: ${uses}, url: "\${SWITCH_URL}", token: "\${SWITCH_TOKEN}" } }
phases: [{ name: cutover, failure: { not-applicable: by hand }, rollback: full }]
playbooks:
  full:
    scope: full
    verified: { by: [closed], hold: 1s, within: 30s }
    stages:
      - lines:
          - { step: sales, owner: owner, timebox: 30s, uses: phone-exchange/line, with: { system: exchange, line: sales, open: false } }
checks: { line: { uses: phone-exchange/line, with: { system: exchange, line: sales, open: false } } }
checkpoints: { closed: { checks: [line] } }
`;
}
