// Simulated worlds in which everything goes wrong: no promise is broken, and a seed is the same world again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../scripts/tool.ts';
import { simulate } from '../../src/testing/simulator.ts';

test('no promise is broken in 2,000 worlds of crashes, freezes, cuts, lost and doubled answers, and clocks that jump', async () => {
  // In a process of its own: under the test runner each promise costs four times as much.
  const said = await runNode(['scripts/simulate.ts', '--runs', '2000', '--workers', '1']);
  assert.ok(said.ok, said.output);
  assert.match(said.output, /2,000 worlds[\s\S]* rolled-back-verified[\s\S]*Promises broken: 0/);
});

test('the same seed is the same world, event by event', async () => {
  const tell = async (seed: number): Promise<readonly string[]> => {
    const lines: string[] = [];
    await simulate(seed, (at, who, what) => lines.push(`${at} ${who} ${what}`));
    return lines;
  };
  for (const seed of [3, 17, 33]) assert.deepEqual(await tell(seed), await tell(seed));
});
