// A real MariaDB with passwords and a database, for tests of what speaks MySQL's protocol.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** The password of `admin`, who may do everything. */
export const mariadbPassword = 'a-very-secret-password';

/** Starts it with further settings: `url` is that of `admin` and the database `shop`. Throws Missing. */
export async function startMariadb(
  settings: readonly string[] = [],
): Promise<{ url: string; stop: () => Promise<void> }> {
  const program = await ensureProgram('mariadbd', 'mariadb-server');
  const install = await ensureProgram('mariadb-install-db', 'mariadb-server');
  const folder = temporaryFolder('mariadb');
  const data = join(folder, 'data');
  const user = `--user=${userInfo().username}`;
  const words = ['--auth-root-authentication-method=normal', '--skip-test-db'];
  execFileSync(install, ['--no-defaults', user, `--datadir=${data}`, ...words], {
    stdio: 'ignore',
  });
  const begin = join(folder, 'begin.sql');
  writeFileSync(
    begin,
    `create user admin@'%' identified by '${mariadbPassword}';\ngrant all on *.* to admin@'%' with grant option;\ncreate database shop;\n`,
  );
  const port = await freePort();
  const url = `mysql://admin:${mariadbPassword}@127.0.0.1:${port}/shop`;
  const stop = await startProcess({
    program,
    words: [
      '--no-defaults',
      user,
      `--datadir=${data}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--init-file=${begin}`,
      '--innodb-buffer-pool-size=32M',
      '--innodb-flush-log-at-trx-commit=0',
      ...settings,
    ],
    folder,
    isReady: () => answers(url),
  });
  return { url, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await createConnection(url);
    await connection.end();
    return true;
  } catch (error) {
    // A server that lets nobody in without TLS is as ready as it will be.
    return error instanceof Error && 'sqlState' in error && error.sqlState !== undefined;
  }
}
