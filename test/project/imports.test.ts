// Who may import whom: the table of ARCHITECTURE.md, held by reading every import of src.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { test } from 'node:test';
import { projectFiles, textOf } from './tree.ts';

const all = [
  'core',
  'connector.ts',
  'connectors',
  'store',
  'engine',
  'reconcile',
  'server',
  'board',
  'cli',
  'demo',
  'index.ts',
  'testing.ts',
  'testing',
];

/** A part of src, and the other parts that it may import. */
const table: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'connector.ts': [],
  connectors: ['connector.ts'],
  store: ['core'],
  engine: ['core', 'store', 'connector.ts'],
  reconcile: ['core', 'connector.ts'],
  server: ['core', 'engine', 'store'],
  board: ['core'],
  cli: all.filter((part) => part !== 'board'),
  demo: all.filter((part) => part !== 'board'),
  'index.ts': ['core', 'connector.ts'],
  'testing.ts': ['core', 'connector.ts', 'testing'],
  testing: ['core', 'connector.ts', 'engine', 'store', 'testing.ts'],
  'main.ts': all,
};

/** What the parts may import from npm and Node that may not import just anything. */
const outside: Readonly<Record<string, readonly string[]>> = {
  core: ['zod', 'yaml', '@noble/hashes'],
  'connector.ts': [],
};

const sources = projectFiles().filter(
  (path) => /^src\/.*\.tsx?$/.test(path) && !path.endsWith('.test.ts'),
);

test('every part of src stands in the table of who may import whom', () => {
  const unknown = sources.filter((path) => table[partOf(path)] === undefined);
  assert.deepEqual(unknown, []);
});

test('every import in src is allowed by the table', () => {
  assert.deepEqual(sources.flatMap(forbiddenImports), []);
});

test('the reader of imports sees every way of writing one', () => {
  const text = `
    import { a } from './a.ts';
    import type { B } from "./b.ts";
    import './c.ts';
    export * from './d.ts';
    const e = await import('./e.ts');
    import {
      f,
    } from './f.ts';
    // import './no.ts';
    /** like import './no.ts' */
  `;
  assert.deepEqual(importsOf(text), ['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts']);
});

function forbiddenImports(path: string): readonly string[] {
  const part = partOf(path);
  return importsOf(textOf(path))
    .filter((name) => !isAllowed(part, path, name))
    .map((name) => `${path} may not import ${name}`);
}

function isAllowed(part: string, path: string, name: string): boolean {
  if (name.startsWith('.')) {
    const target = join(dirname(path), name);
    if (!target.startsWith('src/')) return false;
    return partOf(target) === part || (table[part] ?? []).includes(partOf(target));
  }
  const packages = outside[part];
  return (
    packages === undefined || packages.some((own) => name === own || name.startsWith(`${own}/`))
  );
}

/** `core` for src/core/plan/parse.ts, `main.ts` for src/main.ts. */
function partOf(path: string): string {
  return path.split('/')[1] ?? path;
}

/** The names after `from`, `import` and `import(`, in order, comments left out. */
function importsOf(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const imports = /(?:^|[\s}*;])(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;
  return [...code.matchAll(imports)].map((match) => match[2] ?? '');
}
