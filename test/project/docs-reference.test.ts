// The reference is what the program itself says today, and leaves nothing out.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { refusals } from '../../scripts/reference/codes.ts';
import { referencePages } from '../../scripts/reference.ts';
import { root } from '../../scripts/tool.ts';
import { projectFiles, textOf } from './tree.ts';

for (const { path, text } of await referencePages()) {
  test(`${path} is what the source says now`, () => {
    const found = existsSync(join(root, path)) ? textOf(path) : '';
    assert.ok(found === text, 'It is stale. Write it anew: npx node scripts/reference.ts');
  });
}

test('every refusal of an order is in the reference', () => {
  const sources = projectFiles().filter((path) =>
    /^src\/(core|engine)\/(?!.*\.test\.).*\.ts$/.test(path),
  );
  const calls = /\b(?:reject|no)\(\s*'([a-z-]+)',|type: 'rejected',\s+code: '([a-z-]+)'/g;
  const found = sources.flatMap((path) =>
    [...textOf(path).matchAll(calls)].map((match) => match[1] ?? match[2] ?? ''),
  );
  assert.deepEqual([...new Set(found)].toSorted(), Object.keys(refusals).toSorted());
});
