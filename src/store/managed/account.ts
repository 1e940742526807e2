// Which user the managed server runs as: Postgres refuses root, so root hands it to postgres or nobody.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../errors.ts';

/** A user of this machine, by numbers. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account to drop to; null when we are not root and stay who we are. */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const accounts = parseAccounts(readFileSync('/etc/passwd', 'utf8'));
  const found = accounts.get('postgres') ?? accounts.get('nobody');
  if (found !== undefined) return found;
  throw new StoreError(
    'folder',
    '[store] Cannot start Postgres: it refuses to run as root, and /etc/passwd has neither a user postgres nor nobody to run it as. Run Backout as an ordinary user, or add such a user.',
  );
}

/** Name, uid and gid of each line of a passwd file. */
export function parseAccounts(passwd: string): ReadonlyMap<string, Account> {
  const accounts = new Map<string, Account>();
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && uid && gid) accounts.set(name, { name, uid: Number(uid), gid: Number(gid) });
  }
  return accounts;
}

/** The nearest folder on the way to `path` that the account may not pass through; null when it may pass all. */
export function blockedAt(path: string, account: Account): string | null {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!mayPass(folder, account)) return folder;
    if (folder === dirname(folder)) return null;
  }
}

function mayPass(folder: string, account: Account): boolean {
  const { mode, uid, gid } = statSync(folder);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
