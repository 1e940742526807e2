// The Postgres that npm brought: used where it lies when it is whole, else copied and mended, once.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { temporaryFolder } from '../../../test/store/temporary.ts';
import { blockedAt, parseAccounts } from './account.ts';
import { readableCopy } from './bundled.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = temporaryFolder();
  root = join(folder, 'package');
  mkdirSync(join(root, 'native/bin'), { recursive: true });
  mkdirSync(join(root, 'native/lib'));
  writeFileSync(join(root, 'package.json'), '{"version":"17.10.0"}');
  writeFileSync(join(root, 'native/bin/postgres'), 'a program');
  writeFileSync(join(root, 'native/lib/libpq.so.5.17'), 'a library');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function listLink(): void {
  const links = [{ source: 'native/lib/libpq.so.5.17', target: 'native/lib/libpq.so.5' }];
  writeFileSync(join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
}

test('a whole package is used where it lies', () => {
  const cache = join(folder, 'cache');
  assert.equal(readableCopy(root, null, cache), join(root, 'native'));
  assert.equal(existsSync(cache), false);
});

test('a package without its links is copied with them, and the package itself is left as it was', () => {
  listLink();
  const cache = join(folder, 'cache');
  const copy = readableCopy(root, null, cache);
  assert.equal(copy, join(cache, 'postgres-17.10.0/native'));
  assert.equal(readlinkSync(join(copy, 'lib/libpq.so.5')), 'libpq.so.5.17');
  assert.equal(readFileSync(join(copy, 'lib/libpq.so.5'), 'utf8'), 'a library');
  assert.equal(existsSync(join(root, 'native/lib/libpq.so.5')), false);
  assert.equal(readableCopy(root, null, cache), copy);
});

test('a package that the user of the server may not reach is copied', () => {
  const stranger = { name: 'nobody', uid: 4_000_000, gid: 4_000_000 };
  assert.equal(blockedAt(join(root, 'native/bin/postgres'), stranger), folder);
  const copy = readableCopy(root, stranger, join(folder, 'cache'));
  assert.equal(copy, join(folder, 'cache/postgres-17.10.0/native'));
});

test('accounts are read from the lines of a passwd file', () => {
  const accounts = parseAccounts(
    'root:x:0:0::/root:/bin/sh\n\nnobody:x:65534:65533:nobody:/:/bin/false\n+::::\n',
  );
  assert.deepEqual(accounts.get('nobody'), { name: 'nobody', uid: 65534, gid: 65533 });
  assert.equal(accounts.size, 2);
});
