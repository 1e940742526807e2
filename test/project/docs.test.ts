// The documents are true: their links lead somewhere, their code compiles and their plans are plans.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { root, runTool } from '../../scripts/tool.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import { projectFiles, textOf } from './tree.ts';

/** A fenced block of a document: its language, its text, and where it begins. */
interface Block {
  readonly language: string;
  readonly text: string;
  readonly place: string;
}

const documents = projectFiles().filter((path) => /^(docs\/.*|[A-Z]+)\.md$/.test(path));
const blocks = documents.flatMap((path) => blocksOf(path));

for (const path of documents) {
  test(`every link in ${path} leads to a file of the project`, () => {
    const links = [...textOf(path).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)];
    const dead = links
      .map((link) => link[1] ?? '')
      .filter((to) => !existsSync(join(root, dirname(path), to)));
    assert.deepEqual(dead, []);
  });

  test(`every link in ${path} to a heading finds it`, () => {
    const links = [...textOf(path).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)/g)];
    const dead = links.filter(([, to = '', anchor = '']) => {
      const target = to === '' ? path : join(dirname(path), to);
      return !anchorsOf(target).has(anchor);
    });
    assert.deepEqual(
      dead.map(([link]) => link),
      [],
    );
  });
}

test('every TypeScript block of the documents compiles against the package', async () => {
  const folder = temporaryFolder();
  const files = blocks.filter(({ language }) => language === 'ts');
  const names = files.map(({ place, text }) => {
    const name = `${place.replaceAll(/[^\w]+/g, '-')}.ts`;
    writeFileSync(join(folder, name), text);
    return name;
  });
  if (names.length === 0) return;
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfigFor(names)));
  const { ok, output } = await runTool('tsc', ['-p', folder]);
  assert.ok(ok, output);
});

for (const { place, text } of blocks.filter(isPlan)) {
  test(`the plan at ${place} is a plan`, () => {
    const parsed = parsePlan({ file: place, text });
    const problems = parsed.type === 'plan' ? [] : parsed.problems;
    assert.deepEqual(
      problems.map(({ line, message }) => `line ${line}: ${message}`),
      [],
    );
  });
}

/** The headings of a document, as links name them. */
function anchorsOf(path: string): ReadonlySet<string> {
  if (!existsSync(join(root, path))) return new Set();
  const headings = [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function isPlan({ language, text }: Block): boolean {
  return language === 'yaml' && /^backout: /m.test(text);
}

/** Compiles against the source, so that no build is needed first. */
function tsconfigFor(files: readonly string[]): object {
  const source = (name: string): readonly string[] => [join(root, 'src', name)];
  const paths = {
    backout: source('index.ts'),
    'backout/connector': source('connector.ts'),
    'backout/testing': source('testing.ts'),
  };
  return { extends: join(root, 'tsconfig.json'), compilerOptions: { paths }, include: [], files };
}

function temporaryFolder(): string {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'docs-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function blocksOf(path: string): readonly Block[] {
  const text = textOf(path);
  return [...text.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
  }));
}
