// The first minutes of a stranger with an old Node: what is said when nothing can be installed, and how Node 24 takes over.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../scripts/tool.ts';
import { oldNode } from './old-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'backout-first-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a fresh clone without a reachable registry says so, says how to mend it, and exits 3', () => {
  for (const name of ['bin', 'scripts', 'package.json', 'package-lock.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  const { status, stderr } = spawnSync(oldNode(), ['scripts/first.mjs', 'demo'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...process.env,
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_cache: join(folder, 'cache'),
      npm_config_fetch_retries: '0',
    },
  });
  assert.equal(status, 3, stderr);
  assert.match(stderr, /\[first\] Cannot install: the npm registry could not be reached\. Check/);
});

test('a script that does not exist is refused with the names of those that do', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/first.mjs', 'dmeo'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 2);
  assert.match(stderr, /no script "dmeo".*demo/);
});

test('under an old Node the program runs with Node 24, hears SIGTERM, and its exit code comes through', async () => {
  const program = join(folder, 'program.mjs');
  writeFileSync(
    program,
    `process.on('SIGTERM', () => process.exit(7));
     console.log(process.versions.node);
     setTimeout(() => process.exit(9), 60_000);`,
  );
  const node24 = JSON.stringify(join(root, 'bin/node24.js'));
  const start = `import(${node24}).then(({ runWithNode24 }) => runWithNode24([${JSON.stringify(program)}]))`;
  const child = spawn(oldNode(), ['-e', start], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [version] = await once(child.stdout, 'data');
  assert.match(String(version), /^24\./);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [7, null]);
});
