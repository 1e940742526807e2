// Every promise of the simulator can be broken: engine and core are changed in one place, and somebody finds out.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runNode } from '../../scripts/tool.ts';
import { mutations } from './mutations.ts';

const mutate = fileURLToPath(new URL('mutate.ts', import.meta.url));
const seek = fileURLToPath(new URL('seek.ts', import.meta.url));

/** Whoever breaks a promise is found within so many seeds. */
const SEEDS = 1_500;

describe('the simulator finds out when', { concurrency: 2 }, () => {
  for (const [name, { what, breaks }] of Object.entries(mutations))
    it(`${what} (${name})`, async () => {
      process.env['BACKOUT_MUTATION'] = name;
      const asked = runNode(['--import', mutate, seek, String(SEEDS)]);
      const { ok, output } = await asked;
      assert.ok(ok && output !== '', `not found within ${SEEDS} seeds: ${output}`);
      const { seed, invariant, sentence } = JSON.parse(output) as {
        seed: number;
        invariant: never;
        sentence: string;
      };
      assert.ok(
        breaks.includes(invariant),
        `seed ${seed} breaks ${String(invariant)}: ${sentence}`,
      );
    });
});
