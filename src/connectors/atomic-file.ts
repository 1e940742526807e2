// A file of a system on this machine, replaced as a whole: a reader finds the old text or the new one, never a half.
import { randomUUID } from 'node:crypto';
import { chmod, chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConnectorError, type ErrorClass } from '../connector.ts';

/** The text of the file, or undefined when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces the file, on the disk when this resolves; owner and mode stay. A link stays a link to what it names. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const before = await stat(target).catch(() => undefined);
  const beside = join(dirname(target), `.backout-${randomUUID()}`);
  try {
    const file = await open(beside, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (before !== undefined) {
      await chmod(beside, before.mode);
      await chown(beside, before.uid, before.gid);
    }
    await rename(beside, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Does the work on a file, and says what failed as `who` would: `[nginx] Cannot write edge: no space left on …`. */
export async function withFile<T>(
  who: string,
  what: string,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    const code = codeOf(error);
    const [errorClass, says] = failures[code] ?? ['refused', `${path} gives ${code}.`];
    throw new ConnectorError(errorClass, `[${who}] Cannot ${what}: ${says.replace('$', path)}`, {
      cause: error,
    });
  }
}

const failures: { readonly [code: string]: readonly [ErrorClass, string] } = {
  ENOENT: ['refused', 'the folder of $ is not on this machine. Name a file on this machine.'],
  ENOTDIR: ['refused', '$ is in no folder. Check the path.'],
  EISDIR: ['refused', '$ is a folder. Name a file.'],
  EACCES: [
    'not-allowed',
    '$ may not be read or replaced. Give this user write access to its folder.',
  ],
  EPERM: ['not-allowed', '$ may not be replaced. Let this user own it, or run as its owner.'],
  EROFS: ['not-allowed', '$ is on a file system that is read-only.'],
  ENOSPC: ['cannot-reach', 'there is no space left for $. Make room.'],
  EDQUOT: ['cannot-reach', 'the quota leaves no space for $. Make room.'],
};

/** A rename is on the disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
