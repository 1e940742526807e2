// `npm run check`: everything that can be said of the tree without running Backout. All parts run; what failed is listed at the end.
import { styleText } from 'node:util';
import { runNode, runTool, type ToolResult } from './tool.ts';

/** One part of the check: its name, what it proves, and how. */
export interface Part {
  readonly name: string;
  readonly proves: string;
  readonly run: () => Promise<ToolResult>;
}

/** The parts that are tools. They are tests too: test/project/check.test.ts runs them under `npm test`. */
export const toolParts: readonly Part[] = [
  { name: 'types', proves: 'every type holds', run: () => runTool('tsc', ['-p', 'tsconfig.json']) },
  {
    name: 'core',
    proves: 'the core knows neither Node nor a browser',
    run: () => runTool('tsc', ['-p', 'tsconfig.core.json']),
  },
  {
    name: 'lint',
    proves: 'no rule of oxlint is broken',
    run: () => runTool('oxlint', ['--type-aware', '--deny-warnings']),
  },
  {
    name: 'format',
    proves: 'every file is written as oxfmt writes it',
    run: () => runTool('oxfmt', ['--check']),
  },
  {
    name: 'dead code',
    proves: 'no file, export or dependency is unused',
    run: () => runTool('knip', ['--no-progress']),
  },
];

const ownRules = ['imports', 'files', 'docs', 'node', 'contract'].map(
  (name) => `test/project/${name}.test.ts`,
);

const parts: readonly Part[] = [
  ...toolParts,
  {
    name: 'own rules',
    proves: 'imports, files and docs keep the rules of this project',
    run: () => runNode(['--test', '--test-reporter=spec', ...ownRules]),
  },
];

/** Runs the parts one after another with a line each; gives the names of those that failed. */
async function check(): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const part of parts) {
    const started = performance.now();
    const { ok, output } = await part.run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const mark = ok ? styleText('green', '●') : styleText('red', '▲');
    console.log(`${mark} ${part.name.padEnd(10)} ${seconds.padStart(5)} s  ${part.proves}`);
    if (ok) continue;
    failed.push(part.name);
    console.log(output.trimEnd().replaceAll(/^/gm, '    '));
  }
  return failed;
}

if (import.meta.main) {
  const failed = await check();
  if (failed.length === 0) console.log('All parts hold.');
  else console.log(`${failed.length} of ${parts.length} parts failed: ${failed.join(', ')}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
