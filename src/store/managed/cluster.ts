// A new data folder for the managed server: made beside and renamed, so that one that exists is always whole.
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  chownSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StoreError } from '../errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { Places } from './folder.ts';

const half = /^postgres\.new-(\d+)$/;

/** The superuser of the managed server; nobody but the folder's owner can reach its socket, so it has no password. */
export const managedUser = 'backout';

/** Which major made the data; null when there is none yet. */
export function dataMajor(places: Places): number | null {
  if (!existsSync(places.data)) return null;
  const path = join(places.data, 'PG_VERSION');
  const major = existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) : Number.NaN;
  if (Number.isInteger(major)) return major;
  throw new StoreError(
    'folder',
    `[store] Cannot open ${places.data}: it is not a whole Postgres data folder (no PG_VERSION). Restore it from a backup, or move it away to begin anew.`,
  );
}

/** Makes the data folder unless it is there. May be called by several processes at once: the first rename wins. */
export async function ensureCluster(
  places: Places,
  binaries: Binaries,
  account: Account | null,
): Promise<void> {
  clearLeftovers(places.folder);
  if (existsSync(places.data)) return;
  const fresh = join(places.folder, `postgres.new-${process.pid}`);
  mkdirSync(fresh, { mode: 0o700 });
  if (account !== null) chownSync(fresh, account.uid, account.gid);
  try {
    await initdb(fresh, binaries, account);
    renameSync(fresh, places.data);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(places.data)) throw initdbError(places.folder, error);
  }
}

async function initdb(fresh: string, binaries: Binaries, account: Account | null): Promise<void> {
  const args = ['-D', fresh, '-U', managedUser, '--auth=trust', '--encoding=UTF8', '--locale=C'];
  await promisify(execFile)(
    join(binaries.bin, 'initdb'),
    [...args, '--data-checksums', '--no-instructions'],
    {
      timeout: 120_000,
      cwd: '/',
      env: serverEnvironment(),
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    },
  );
}

/** What Postgres inherits from us: nothing that could change where or how it works. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

/** Removes what a killed initdb left; the number is the process that made it. */
function clearLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const maker = Number(half.exec(name)?.[1]);
    if (Number.isNaN(maker) || (maker !== process.pid && isAlive(maker))) continue;
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Whether a process with that id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function initdbError(folder: string, error: unknown): StoreError {
  const said = error instanceof Error ? error.message : String(error);
  if (/no space left|disk full|ENOSPC|quota exceeded/i.test(said)) {
    return new StoreError(
      'disk-full',
      `[store] Cannot make a database in ${folder}: the disk is full. It needs about 60 MB; free some, or choose another folder with --data.`,
      { cause: error },
    );
  }
  const why = /(?:error|fatal): .*/i.exec(said)?.[0] ?? said.trim().split('\n').at(-1) ?? '';
  return new StoreError('not-started', `[store] Cannot make a database in ${folder}: ${why}.`, {
    cause: error,
  });
}
