// The customers' book: what is synced is there, and a line that a crash cut off is not.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBook, readBook, type BookLine } from './book.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shop-book-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function linesOf(path: string): Promise<readonly BookLine[]> {
  const lines: BookLine[] = [];
  for await (const line of readBook(path)) lines.push(line);
  return lines;
}

test('lines are in the file in their order once they are synced, and a second opening goes on', async () => {
  const path = join(folder, 'book.jsonl');
  const lines = ['a', 'b', 'c'].map(
    (request_id) => ({ type: 'unknown', request_id, at: 'now' }) as const,
  );
  const [first, second, third] = lines;
  const book = await openBook(path);
  if (first !== undefined) book.write(first);
  await book.synced();
  assert.deepEqual(await linesOf(path), [first]);
  if (second !== undefined) book.write(second);
  await book.close();
  const reopened = await openBook(path);
  if (third !== undefined) reopened.write(third);
  await reopened.close();
  assert.deepEqual(await linesOf(path), lines);
});

test('a last line that was cut off is left out', async () => {
  const path = join(folder, 'cut.jsonl');
  await appendFile(path, '{"type":"failed","kind":"sign-in","at":"now"}\n{"type":"promised","requ');
  assert.deepEqual(await linesOf(path), [{ type: 'failed', kind: 'sign-in', at: 'now' }]);
});
