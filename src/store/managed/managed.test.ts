// The managed Postgres: shared, mortal, and clear about what it cannot do.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Client } from 'pg';
import { temporaryFolder, until } from '../../../test/store/temporary.ts';
import { StoreError } from '../errors.ts';
import { openStore } from '../store.ts';
import { isAlive } from './cluster.ts';
import { socketFolder } from './folder.ts';
import { startManaged, type ManagedPostgres } from './managed.ts';
import { postmasterPid } from './server.ts';

const isRoot = process.getuid?.() === 0;
/** Only root hands the server to another user, and only root can mount a small disk. */
const asRoot: typeof test | (() => void) = isRoot ? test : () => undefined;
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder;
}

describe('the managed Postgres', () => {
  test('starts on an empty folder, keeps what was written, and leaves no process behind', async () => {
    const folder = newFolder();
    const first = await startManaged({ folder });
    await ask(first.url, 'create table kept as select 42 as answer');
    const pid = postmasterPid(first.places);
    const keeper = await keeperOf(first.url);
    await first.stop();
    assert.ok(pid !== null && !isAlive(pid) && !isAlive(keeper));
    const second = await startManaged({ folder });
    assert.deepEqual(await ask(second.url, 'select answer from kept'), [{ answer: 42 }]);
    await second.stop();
  });

  test('is private, listens on no network, and does not lie about what it wrote', async () => {
    const folder = newFolder();
    const managed = await startManaged({ folder });
    const rows = await ask(
      managed.url,
      `select name, setting from pg_settings where name in ('listen_addresses', 'fsync', 'full_page_writes',
       'synchronous_commit', 'data_checksums') order by name`,
    );
    assert.deepEqual(rows, [
      { name: 'data_checksums', setting: 'on' },
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
    for (const path of [folder, join(folder, 'postgres'), managed.socket]) {
      assert.equal(statSync(path).mode & 0o777, 0o700, path);
    }
    const owner = statSync(join(folder, 'postgres')).uid;
    assert.equal(owner === 0, false, 'the server must not be root');
    await managed.stop();
  });

  test('several that start it at once share one server, and the last one stops it', async () => {
    const folder = newFolder();
    const all = await Promise.all(Array.from({ length: 4 }, () => startManaged({ folder })));
    const pids = new Set(all.map(({ places }) => postmasterPid(places)));
    assert.equal(pids.size, 1);
    const [last, ...others] = all as [ManagedPostgres, ...ManagedPostgres[]];
    for (const other of others) await other.stop();
    assert.deepEqual(await ask(last.url, 'select 1 as one'), [{ one: 1 }]);
    await last.stop();
    assert.equal(postmasterPid(last.places), null);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('postgres.new')),
      [],
    );
  });

  test('outlives the process that started it, killed, while another uses it; then goes by itself', async () => {
    const folder = newFolder();
    const starter = await startElsewhere(folder);
    const survivor = await startManaged({ folder, lingerMs: 300 });
    const pid = postmasterPid(survivor.places);
    starter.kill('SIGKILL');
    await new Promise((resolve) => starter.once('close', resolve));
    assert.deepEqual(await ask(survivor.url, 'select 1 as one'), [{ one: 1 }]);
    assert.equal(postmasterPid(survivor.places), pid);
    await survivor.stop();

    const alone = await startElsewhere(folder);
    const left = Number(
      readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0],
    );
    assert.ok(isAlive(left));
    alone.kill('SIGKILL');
    await until(
      'the server to go',
      () => isAlive(left),
      (alive) => !alive,
    );
  });

  test('ends when its folder is removed under it', async () => {
    const folder = newFolder();
    const managed = await startManaged({ folder });
    const [server, keeper] = [postmasterPid(managed.places) ?? 0, await keeperOf(managed.url)];
    rmSync(folder, { recursive: true, force: true });
    const stopping = managed.stop();
    await until(
      'their end',
      () => isAlive(server) || isAlive(keeper),
      (alive) => !alive,
    );
    await stopping;
  });

  test('its keeper, told to stop, lets the clients finish first', async () => {
    const folder = newFolder();
    const managed = await startManaged({ folder });
    const keeper = await keeperOf(managed.url);
    process.kill(keeper, 'SIGTERM');
    assert.deepEqual(await ask(managed.url, 'select pg_sleep(1.2), 1 as one'), [
      { pg_sleep: '', one: 1 },
    ]);
    assert.ok(isAlive(keeper));
    await managed.stop();
    assert.ok(!isAlive(keeper));
  });

  test('comes back by itself when the server is killed, and again when its keeper is', async () => {
    const folder = newFolder();
    const store = await openStore({ folder });
    const actor = { kind: 'backout', name: 'n' } as const;
    const put = (expected: number): Promise<unknown> =>
      store.journal.append([{ stream: 's', expected, events: [{ actor, body: { type: 'A' } }] }]);
    await put(0);
    process.kill(
      Number(readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]),
      'SIGKILL',
    );
    await until(
      'an answer',
      () => put(1).catch(() => null),
      (answer) => answer !== null,
    );
    const keeper = await until(
      'its keeper',
      () => keeperOf(store.url).catch(() => null),
      (pid) => pid !== null,
    );
    assert.ok(keeper !== null);
    process.kill(keeper, 'SIGKILL');
    await until(
      'an answer',
      () => put(2).catch(() => null),
      (answer) => answer !== null,
    );
    assert.equal((await store.journal.read('s')).length, 3);
    await store.close();
    assert.equal(existsSync(join(folder, 'postgres/postmaster.pid')), false);
  });

  test('begins anew over what a killed initdb left', async () => {
    const folder = newFolder();
    const gone = spawn('true');
    await new Promise((resolve) => gone.once('close', resolve));
    const leftover = join(folder, `postgres.new-${gone.pid}`);
    mkdirSync(join(leftover, 'base'), { recursive: true });
    writeFileSync(join(leftover, 'PG_VERSION'), '15\n');
    const managed = await startManaged({ folder });
    assert.equal(existsSync(leftover), false);
    await managed.stop();
  });

  test('moves the socket when the path of the folder is too long for one', async () => {
    const folder = join(newFolder(), 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(folder, { recursive: true });
    chmodSync(join(folder, '..'), 0o755);
    chmodSync(join(folder, '../..'), 0o755);
    const managed = await startManaged({ folder });
    folders.push(managed.socket);
    assert.equal(managed.socket, socketFolder(realpathSync(folder)));
    assert.ok(!managed.socket.startsWith(folder));
    assert.deepEqual(await ask(managed.url, 'select 1 as one'), [{ one: 1 }]);
    await managed.stop();
  });

  test('takes its socket back from a process that is no Postgres', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'socket'));
    const path = join(folder, 'socket/.s.PGSQL.5432');
    writeFileSync(`${path}.lock`, `${process.pid}\n`);
    const squatter = createServer((socket) => socket.destroy()).listen(path);
    await new Promise((resolve) => squatter.once('listening', resolve));
    const managed = await startManaged({ folder });
    await managed.stop();
    await new Promise((resolve) => squatter.close(resolve));
  });

  test('a line in the log tells why it ended; the log is bounded', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'postgres.log'), 'x'.repeat(2 * 1024 * 1024));
    const managed = await startManaged({ folder });
    await managed.stop();
    assert.ok(statSync(managed.places.log).size < 1024 * 1024);
    assert.match(readFileSync(managed.places.log, 'utf8'), /database system is shut down/);
  });
});

describe('the managed Postgres says clearly', () => {
  test('that another major made the data', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'postgres'));
    writeFileSync(join(folder, 'postgres/PG_VERSION'), '12\n');
    await refuses(
      folder,
      'other-major',
      /Postgres 12 made it, and this machine has only .* pg_upgrade/,
    );
  });

  test('that the data folder is not whole', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'postgres'));
    await refuses(folder, 'folder', /not a whole Postgres data folder/);
    writeFileSync(join(folder, 'postgres/PG_VERSION'), '');
    await refuses(folder, 'folder', /not a whole Postgres data folder/);
  });

  test('that the folder is a file, or lies below one', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await refuses(file, 'folder', /is a file, not a folder/);
    await refuses(join(file, 'below'), 'folder', /is a file, not a folder/);
  });

  test('that it may not write there', async () => {
    const folder = newFolder();
    if (isRoot) mount(folder, '1m', 'ro');
    else chmodSync(folder, 0o500);
    try {
      await refuses(
        join(folder, 'data'),
        'folder',
        /may not write there|file system is read-only there/,
      );
    } finally {
      if (isRoot) execFileSync('/bin/umount', [folder]);
    }
  });

  void asRoot('that the server user may not pass through a parent folder', async () => {
    const folder = join(newFolder(), 'data');
    await refuses(folder, 'folder', /may not pass through .*chmod o\+x/);
  });

  test(
    'that the disk is full, when making a database and when writing',
    { skip: !isRoot },
    async () => {
      const folder = newFolder();
      mount(folder, '20m');
      try {
        await refuses(folder, 'disk-full', /the disk is full/);
        execFileSync('/bin/umount', [folder]);
        mount(folder, '120m');
        const store = await openStore({ folder });
        const filler = join(folder, 'filler');
        execFileSync('sh', ['-c', `dd if=/dev/zero of=${filler} bs=1M 2>/dev/null || true`]);
        let expected = 0;
        const note = {
          actor: { kind: 'backout', name: 'n' },
          body: { type: 'A', text: 'x'.repeat(1e6) },
        } as const;
        const put = async (): Promise<void> => {
          const done = await store.journal.append([{ stream: 's', expected, events: [note] }]);
          if (done.type === 'appended') expected++;
        };
        const fill = async (): Promise<void> => {
          for (let n = 0; n < 100; n++) await put();
        };
        await assert.rejects(
          fill(),
          (error) => error instanceof StoreError && /disk|reach/.test(error.message),
        );
        rmSync(filler);
        await until(
          'room again',
          () =>
            put().then(
              () => true,
              () => false,
            ),
          (ok) => ok,
        );
        assert.equal((await store.journal.read('s')).length, expected);
        assert.deepEqual((await store.check()).problems, []);
        await store.close();
      } finally {
        execFileSync('/bin/umount', ['-l', folder]);
      }
    },
  );

  test('that another server holds the socket', async () => {
    const other = await startManaged({ folder: newFolder() });
    const folder = newFolder();
    mkdirSync(join(folder, 'socket'));
    writeFileSync(join(folder, 'socket/.s.PGSQL.5432.lock'), `${postmasterPid(other.places)}\n`);
    await refuses(folder, 'not-started', /another server holds it .*\.lock/);
    await other.stop();
  });

  test('that BACKOUT_PG_BIN names no Postgres', async () => {
    process.env['BACKOUT_PG_BIN'] = '/nowhere/bin';
    try {
      await refuses(newFolder(), 'no-postgres', /BACKOUT_PG_BIN names \/nowhere\/bin/);
    } finally {
      delete process.env['BACKOUT_PG_BIN'];
    }
  });
});

async function refuses(folder: string, code: string, message: RegExp): Promise<void> {
  await assert.rejects(startManaged({ folder }), (error) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

async function ask(url: string, text: string): Promise<readonly object[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}

async function keeperOf(url: string): Promise<number> {
  const rows = await ask(
    url,
    `select substr(application_name, 16)::int as pid from pg_stat_activity where application_name like 'backout-keeper-%'`,
  );
  return (rows[0] as { readonly pid: number }).pid;
}

/** Another process that starts the server and holds on to it. */
async function startElsewhere(folder: string): Promise<ChildProcess> {
  const module = new URL('managed.ts', import.meta.url).href;
  const program = `import { startManaged } from ${JSON.stringify(module)};
    await startManaged({ folder: ${JSON.stringify(folder)}, lingerMs: 300 }); console.log('up');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', () => reject(new Error('the other process ended')));
  });
  return child;
}

function mount(folder: string, size: string, ...more: readonly string[]): void {
  execFileSync('/bin/mount', [
    '-t',
    'tmpfs',
    '-o',
    [`size=${size},mode=0700`, ...more].join(','),
    'tmpfs',
    folder,
  ]);
}
