// Where the managed database lives: one private folder with the data, the log and the socket.
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { StoreError, codeOf } from '../errors.ts';
import { blockedAt, type Account } from './account.ts';

/** The paths of one managed database. */
export interface Places {
  /** All below is in here, mode 0700. */
  readonly folder: string;
  /** What Postgres calls PGDATA; it exists only when it is whole. */
  readonly data: string;
  /** What the server says; bounded. */
  readonly log: string;
  /** The folder of the Unix socket: in the data folder, or under the temporary folder when that path is too long. */
  readonly socket: string;
}

/** Where data lies when nobody says otherwise. */
export function defaultFolder(): string {
  if (process.getuid?.() === 0) return '/var/lib/backout';
  if (process.platform === 'darwin') return join(homedir(), 'Library/Application Support/backout');
  return join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local/share'), 'backout');
}

/** Makes the folder, private and owned by who runs the server, or says why it cannot serve. */
export function ensurePlaces(folder: string, account: Account | null): Places {
  const wanted = resolve(folder);
  ensurePrivate(wanted, account);
  const real = realpathSync(wanted);
  const socket = socketFolder(real);
  if (account !== null) assertPassable(real, account);
  ensurePrivate(socket, account);
  return { folder: real, data: join(real, 'postgres'), log: join(real, 'postgres.log'), socket };
}

/** A socket's path may have 107 bytes on Linux, 103 on macOS; a longer one moves under the temporary folder. */
export function socketFolder(folder: string): string {
  const inside = join(folder, 'socket');
  if (Buffer.byteLength(`${inside}/.s.PGSQL.5432.lock`) <= 103) return inside;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `backout-${process.getuid?.() ?? 0}-${name}`);
}

function ensurePrivate(path: string, account: Account | null): void {
  try {
    ensureFolder(path, 0o700);
    const found = lstatSync(path);
    const me = process.getuid?.() ?? found.uid;
    if (found.uid !== me && found.uid !== account?.uid) {
      throw new StoreError(
        'folder',
        `[store] Cannot keep data in ${path}: it belongs to another user (uid ${found.uid}). Choose another folder with --data, or have it handed over.`,
      );
    }
    if (account !== null && found.uid !== account.uid) chownSync(path, account.uid, account.gid);
    if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('folder', folderMessage(path, codeOf(error), error), { cause: error });
  }
}

/** Only the folder itself is private: whoever runs the server must pass through what leads there. Node's own recursive mkdir never ends in /proc. */
function ensureFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    ensureFolder(dirname(path), 0o755);
    mkdirSync(path, { mode });
  }
}

function folderMessage(path: string, code: string, error: unknown): string {
  const mend = 'Choose another folder with --data.';
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `[store] Cannot keep data in ${path}: this user may not write there. ${mend}`;
    case 'EROFS':
    case 'ENOENT': // what a recursive mkdir says of a read-only file system
      return `[store] Cannot keep data in ${path}: the file system is read-only there, or the path leads nowhere. ${mend}`;
    case 'ENOSPC':
      return `[store] Cannot keep data in ${path}: the disk is full. Free some space, or choose another folder with --data.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `[store] Cannot keep data in ${path}: that is a file, not a folder. ${mend}`;
  }
  return `[store] Cannot keep data in ${path}: ${String(error)}. ${mend}`;
}

function assertPassable(folder: string, account: Account): void {
  const blocked = blockedAt(folder, account);
  if (blocked === null) return;
  throw new StoreError(
    'folder',
    `[store] Cannot keep data in ${folder}: Postgres may not run as root, so it runs as ${account.name}, who may not pass through ${blocked}. Allow it (chmod o+x ${blocked}), choose a folder such as /var/lib/backout with --data, or run Backout as an ordinary user.`,
  );
}
