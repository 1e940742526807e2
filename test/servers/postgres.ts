// A real Postgres on TCP with passwords, for tests that need one as a customer has it.
import { execFileSync } from 'node:child_process';
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { serverAccount } from '../../src/store/managed/account.ts';
import { findBinaries } from '../../src/store/managed/binaries.ts';
import { StoreError } from '../../src/store/errors.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';
import { Missing } from './missing.ts';

/** The superuser's password. */
export const postgresPassword = 'a-very-secret-password';

/** Starts it; `url` is that of the superuser. Throws Missing. */
export async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const account = serverAccount();
  const bin = findBin();
  const folder = temporaryFolder('postgres');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, postgresPassword);
  const owner = account === null ? {} : { uid: account.uid, gid: account.gid };
  if (account !== null)
    for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid);
  const data = join(folder, 'data');
  const words = [
    '-D',
    data,
    '-U',
    'postgres',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    '-A',
    'scram-sha-256',
  ];
  execFileSync(join(bin, 'initdb'), [...words, `--pwfile=${passwordFile}`], {
    ...owner,
    cwd: folder,
  });
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    `port=${port}`,
  ];
  const url = `postgres://postgres:${postgresPassword}@127.0.0.1:${port}/postgres`;
  const stop = await startProcess({
    program: join(bin, 'postgres'),
    words: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    folder,
    stopSignal: 'SIGINT',
    options: { ...owner, cwd: folder },
    isReady: () => answers(url),
  });
  return { url, stop };
}

function findBin(): string {
  try {
    return findBinaries(null, serverAccount()).bin;
  } catch (error) {
    if (error instanceof StoreError) throw new Missing(error.message);
    throw error;
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
