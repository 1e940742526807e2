// The parts of `npm run check` that are tools, as tests, so that `npm test` says everything in one summary.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toolParts } from '../../scripts/check.ts';

for (const part of toolParts) {
  test(`${part.name}: ${part.proves}`, async () => {
    const { ok, output } = await part.run();
    assert.ok(ok, output);
  });
}
