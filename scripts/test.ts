// `npm test`: builds, then runs the check and every test, and ends with the test runner's own summary.
// `npm test -- --only <text>` runs the test files whose path contains the text.
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { root } from './tool.ts';

const timeoutMs = 120_000;
const filesAtOnce = 2;

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
process.chdir(root);

const files = testFiles(values.only);
if (files.length === 0) {
  console.error(`[test] No test file has "${values.only}" in its path.`);
  process.exit(2);
}
const built = await build();
if (!built.ok) {
  console.error(`[test] Cannot build:\n${built.output}`);
  process.exit(1);
}
await runTests(files);

/** Those with the text in their path; the check first, because it says soonest what is wrong. */
function testFiles(only: string): readonly string[] {
  const found = globSync(['src/**/*.test.ts', 'test/**/*.test.ts']);
  const isCheck = (file: string): boolean => file.startsWith('test/project/');
  return found
    .filter((file) => file.includes(only))
    .toSorted((a, b) => Number(isCheck(b)) - Number(isCheck(a)) || a.localeCompare(b));
}

/** Runs the files, two at once; a skipped test is a failure when CI=true, for there everything must be at hand. */
async function runTests(paths: readonly string[]): Promise<void> {
  const skipped: string[] = [];
  process.exitCode = 1; // until the whole run has said that it went well
  const stream = run({ files: [...paths], concurrency: filesAtOnce, timeout: timeoutMs });
  stream.on('test:pass', ({ name, skip }) => {
    if (skip !== undefined) skipped.push(typeof skip === 'string' ? `${name} (${skip})` : name);
  });
  stream.on('test:summary', ({ file, success }) => {
    if (file === undefined && success) process.exitCode = 0;
  });
  for await (const text of stream.compose(spec)) process.stdout.write(text);
  if (skipped.length === 0 || process.env['CI'] !== 'true') return;
  process.exitCode = 1;
  console.log(
    `With CI=true nothing may be skipped, and ${skipped.length} tests were:\n  ${skipped.join('\n  ')}`,
  );
}
