// The Postgres that npm brought, made whole: npm may leave out its symbolic links, and a server user may not read our folders.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { blockedAt, type Account } from './account.ts';

/** One line of pg-symlinks.json. */
interface Link {
  readonly source: string;
  readonly target: string;
}

/** The package's native folder as it is, if it can be used as it is, else a whole copy of it in a cache folder. */
export function readableCopy(
  root: string,
  account: Account | null,
  cache: string = cacheFolder(account),
): string {
  const links = readLinks(root);
  const whole = links.every((link) => existsSync(join(root, link.target)));
  const readable =
    account === null || blockedAt(join(root, 'native/bin/postgres'), account) === null;
  if (whole && readable) return join(root, 'native');
  return join(ensureCopy(root, links, cache), 'native');
}

/** Copies beside, then renames: a copy with that name is whole, whoever was killed or made it at the same time. */
function ensureCopy(root: string, links: readonly Link[], cache: string): string {
  const copy = join(cache, `postgres-${packageVersion(root)}`);
  if (existsSync(copy)) return copy;
  const half = `${copy}.${process.pid}`;
  const umask = process.umask(0o022); // the server's user must be able to read it
  mkdirSync(half, { recursive: true });
  cpSync(join(root, 'native'), join(half, 'native'), { recursive: true, verbatimSymlinks: true });
  process.umask(umask);
  for (const link of links) {
    const target = join(half, link.target);
    if (!existsSync(target))
      symlinkSync(relative(dirname(target), join(half, link.source)), target);
  }
  try {
    renameSync(half, copy);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function cacheFolder(account: Account | null): string {
  if (account !== null) return '/var/cache/backout';
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/backout');
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'backout');
}

function readLinks(root: string): readonly Link[] {
  const path = join(root, 'native/pg-symlinks.json');
  // The file is part of a package whose version and hash our lockfile fixes.
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly Link[]) : [];
}

function packageVersion(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
