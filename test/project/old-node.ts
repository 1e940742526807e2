// A Node older than the one that Backout runs on, as a user's machine may have it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const deadlineMs = 3 * 60_000;

/** Path of a Node from 18 to 23: the machine's own where it has one, else Node 18 from npm. */
export function oldNode(): string {
  const own = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((path) => join(path, 'node'))
    .find((path) => existsSync(path) && majorOf(path) >= 18 && majorOf(path) < 24);
  return own ?? nodeFromNpm();
}

/** Runs npm in a folder as a person would, not as a part of a test run, and gives what it printed. */
export function npm(cwd: string, ...args: readonly string[]): string {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return execFileSync('npm', args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: deadlineMs,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function nodeFromNpm(): string {
  const platform = process.platform === 'linux' ? `linux-${process.arch}` : 'darwin-x64';
  const folder = mkdtempSync(join(tmpdir(), 'backout-old-node-'));
  npm(folder, 'install', '--no-save', '--prefix', folder, `node-${platform}@18`);
  return join(folder, 'node_modules', `node-${platform}`, 'bin/node');
}

function majorOf(node: string): number {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8', timeout: deadlineMs });
  return Number(version.slice(1).split('.')[0]);
}
