// The contract suite bites: each of its clauses catches a connector that breaks it, and every connector that Backout brings has to pass it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectorNames } from '../../src/connectors/index.ts';
import { projectFiles, textOf } from '../project/tree.ts';
import { faults } from './contract/faults.ts';

/** The clauses of the contract that were tried on one connector, and those of them that failed. */
interface Tried {
  readonly clauses: string[];
  readonly failed: string[];
}

/** More than all bad connectors together need on a busy machine. Milliseconds. */
const suiteTimeoutMs = 90_000;

const child = fileURLToPath(new URL('./contract/bad-connectors.ts', import.meta.url));

describe('the contract suite', () => {
  let tried: ReadonlyMap<string, Tried>;
  before(
    async () => {
      tried = triedIn(await runSuite());
    },
    { timeout: suiteTimeoutMs },
  );

  for (const { title, fails } of faults) {
    it(`catches a connector that is wrong like this: ${title}`, () => {
      assert.deepEqual(tried.get(title)?.failed.toSorted(), fails.toSorted());
    });
  }

  it('has no clause that nothing can break', () => {
    const clauses = [...tried.values()].flatMap((each) => each.clauses);
    const broken = new Set(faults.flatMap((fault) => fault.fails));
    assert.deepEqual(
      [...new Set(clauses)].filter((clause) => !broken.has(clause)),
      [],
    );
  });
});

for (const name of connectorNames) {
  it(`is run on the connector ${name}`, () => {
    const tests = projectFiles().filter((path) => /^test\/connectors\/.*\.test\.ts$/.test(path));
    const variable = name.replaceAll(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
    const suite = new RegExp(`connectorSuite\\(\\{\\s*connector: ${variable},`);
    assert.ok(tests.some((path) => suite.test(textOf(path))));
  });
}

async function runSuite(): Promise<string> {
  // What belongs to a test run must not believe that it is a part of this one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const words = ['--test', '--test-reporter=tap', '--test-isolation=none'];
  const run = spawn(process.execPath, [...words, child], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: suiteTimeoutMs,
  });
  return text(run.stdout);
}

/** Reads the nested TAP: the fault is at the first level, its clauses are the lines that have none below them. */
function triedIn(tap: string): ReadonlyMap<string, Tried> {
  const tried = new Map<string, Tried>();
  let current: Tried = { clauses: [], failed: [] };
  const lines = tap.split('\n');
  for (const line of lines) {
    const started = /^# Subtest: (.*)$/.exec(line)?.[1];
    if (started !== undefined) {
      current = { clauses: [], failed: [] };
      tried.set(started, current);
    }
    const [, not = '', clause = ''] = /^ {4,}(not )?ok \d+ - (.*)$/.exec(line) ?? [];
    if (clause === '' || /^(the contract of )?lamps(\/lamp)?$/.test(clause)) continue;
    current.clauses.push(clause);
    if (not !== '') current.failed.push(clause);
  }
  return tried;
}
