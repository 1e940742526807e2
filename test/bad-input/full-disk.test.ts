// The disk of the journal fills while a rollback is under way: the run waits, says so, and goes on; nothing acknowledged is lost.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { backout, linesOf, start, temporaryFolder } from '../cli/backout.ts';
import { bookOf, partsOf, writeManyParts } from './many-parts.ts';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const skip = isRoot ? false : 'only root on Linux can mount a small disk';
const folder = temporaryFolder();
const disk = join(folder.path, 'disk');
after(() => folder.remove());

const names = partsOf(40);

test('a full disk holds a run up, loudly, and loses nothing', { skip }, async () => {
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=140m,mode=0755', 'none', disk]);
  try {
    chmodSync(disk, 0o755);
    writeManyParts(folder.path, 'many-parts', names);
    const at = { cwd: folder.path, env: { BACKOUT_DATA: join(disk, 'data') } };
    const running = start(['run', 'full', '--because', 'test of a full disk', '--json'], at);
    await running.until(/"done":"applied","evidence":[^\n]*"step":"part-2"/);
    const filler = join(disk, 'filler');
    execFileSync('sh', ['-c', `dd if=/dev/zero of=${filler} bs=1M 2>/dev/null || true`]);

    await running.until(/disk is full/);
    const whileFull = await backout(['run', 'pause', '--because', 'there is no room'], at);
    assert.equal(running.child.exitCode, null, running.said);
    assert.ok(whileFull.exit === 0 || whileFull.exit === 3, whileFull.stderr);
    assert.doesNotMatch(whileFull.stderr, /BK-0199|\n\s+at /);

    rmSync(filler);
    if (whileFull.exit === 0)
      assert.equal((await backout(['run', 'resume', '1'], at)).exit, 0, 'resumed');
    const said = await running.ended;
    assert.equal(said.exit, 0, said.stderr);
    assert.equal(linesOf(said).at(-1)?.['outcome'], 'rolled-back-verified');
    assert.doesNotMatch(said.stderr, /BK-0199|\n\s+at /);
    assert.deepEqual(
      bookOf(folder.path, 'many-parts'),
      names,
      'each step was applied once, in its order',
    );
    const told = linesOf(said).filter(({ type }) => type === 'event');
    const kept = linesOf(await backout(['journal', 'run-1', '--json'], at));
    assert.deepEqual(
      told,
      kept.filter(({ type }) => type === 'event'),
      'what was told is what the journal holds',
    );
    assert.equal((await backout(['store', 'check'], at)).exit, 0);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
});
