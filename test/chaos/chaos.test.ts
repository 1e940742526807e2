// A little chaos on real parts: nodes and Postgres are killed and frozen, and nothing that was told is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChaos } from './chaos.ts';

test('killed and frozen nodes and a killed Postgres lose nothing, do nothing twice, and leave no run open', async () => {
  const said: string[] = [];
  const { lost, twice, open, broken, ...found } = await runChaos({
    seed: 7,
    nodes: 3,
    kills: 2,
    storeKills: 1,
    freezes: 1,
    partitions: 0,
    minutes: 1,
    log: (line) => said.push(line),
  });
  assert.deepEqual(
    { lost, twice, open, broken },
    { lost: [], twice: [], open: [], broken: [] },
    said.join('\n'),
  );
  assert.ok(found.runs > 0 && found.acknowledged > 0 && found.kills > 0);
});
