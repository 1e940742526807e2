// Every command that the documents show is a command: its own help says so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/tool.ts';
import { projectFiles, textOf } from './tree.ts';

const documents = projectFiles().filter((path) => /^(docs\/.*|[A-Z]+)\.md$/.test(path));
const shown = new Set(documents.flatMap((path) => commandsIn(textOf(path))));

for (const command of shown) {
  test(`the documents show "backout ${command}", and there is such a command`, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'bin/backout.js'), ...command.split(' '), '--help'],
      { encoding: 'utf8', timeout: 60_000 },
    );
    assert.equal(status, 0, stderr);
    const usage = stdout.split('\n').find((line) => line.startsWith('Usage: ')) ?? stdout;
    assert.ok(isUsageOf(usage, command), usage);
  });
}

/** The words after `backout` in code, up to the first that is not a plain word: an option, a placeholder, or a name with a number. */
function commandsIn(text: string): readonly string[] {
  const inline = [
    ...text.matchAll(/`(?:npx )?backout ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*(?![\w-]))*)/g),
  ];
  const lines = [
    ...text.matchAll(/^(?:\$ )?(?:npx )?backout ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*(?![\w-]))*)/gm),
  ];
  return [...inline, ...lines].map((match) => match[1] ?? '');
}

/** What follows a command that has no commands below it are arguments, and may be any word. */
function isUsageOf(usage: string, command: string): boolean {
  const [first] = command.split(' ');
  return usage.includes('[command]')
    ? usage.startsWith(`Usage: backout ${command} `)
    : usage.startsWith(`Usage: backout ${first}`);
}
