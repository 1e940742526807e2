// The package works for somebody who has only its tarball, an empty folder, and the Node that was there before.
import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { root } from '../../scripts/tool.ts';
import { npm, oldNode } from './old-node.ts';

const minutes = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'backout-package-'));
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
