// The house rules that every file keeps: it says what it is, its name says something, and it leaves nothing for later.
import assert from 'node:assert/strict';
import { basename } from 'node:path/posix';
import { test } from 'node:test';
import { projectFiles, textOf } from './tree.ts';

const code = projectFiles().filter((path) =>
  /^(src|test|scripts|bin|bench|examples)\/.*\.(ts|tsx|js|mjs)$/.test(path),
);

test('the first line of every file is a sentence that says what it is', () => {
  assert.deepEqual(
    code.filter((path) => !beginsWithSentence(textOf(path))),
    [],
  );
});

test('no file is named for what could be in it instead of for what is in it', () => {
  const vague = /^(utils?|helpers?|common|misc|shared|stuff)\b/;
  assert.deepEqual(
    code.filter((path) => vague.test(basename(path))),
    [],
  );
});

test('no comment puts work off', () => {
  const later = /(\/\/|^\s*\*|\/\*).*\b(TODO|FIXME|XXX|HACK)\b/m;
  const own = 'test/project/files.test.ts';
  assert.deepEqual(
    code.filter((path) => path !== own && later.test(textOf(path))),
    [],
  );
});

test('no name of a machine, of a folder on it or of a registry is in the tree', () => {
  const machine = /\/home\/\w+\/|\/Users\/\w+\/|"resolved":\s*"https?:/;
  assert.deepEqual(
    [...code, 'package-lock.json', 'package.json'].filter(
      (path) => path !== 'test/project/files.test.ts' && machine.test(textOf(path)),
    ),
    [],
  );
});

/** A comment of at least three words; the sentence may go on in the next lines. */
function beginsWithSentence(text: string): boolean {
  const [first = '', second = ''] = text.split('\n');
  const line = first.startsWith('#!') ? second : first;
  return /^(\/\/|\/\*\*?) [`'"A-Z]\S*(\s+\S+){2,}/.test(line);
}
