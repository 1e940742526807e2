// The project's own files as the tests of its rules see them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/tool.ts';

/** Every file that belongs to the project: known to git or about to be, relative to its root. Without git, none. */
export function projectFiles(): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .toSorted();
}

/** The text of one of them. */
export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
