// The demo that is killed without a chance to put anything away.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { start, withFolder, processesOf } from './showing.ts';

test('of a demo that is killed no process lives on', async () => {
  await withFolder(async (folder) => {
    const { process, ready, ended } = start([], folder);
    const { pids } = await ready;
    assert.ok(pids.length > 2);
    process.kill('SIGKILL');
    await ended;
    const until = Date.now() + 40_000;
    while (processesOf(folder).length > 0 && Date.now() < until) await sleep(100);
    assert.deepEqual(processesOf(folder), []);
  });
});
