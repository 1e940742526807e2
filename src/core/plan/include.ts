// One plan from several files: takes in what `include:` names, and says where two files contradict each other.
import { problemAt } from './problem.ts';
import type { Problem, SourceFile } from './problem.ts';
import { growTree } from './grow.ts';
import { itemsOf, textOf } from './tree.ts';
import type { MapEntry, MapTree, Tree } from './tree.ts';

/** Reads a file that a plan includes; the path is resolved against the including file already. */
export type ReadFile = (path: string) => { readonly text: string } | { readonly problem: string };

/** The merged tree of all files, or what is wrong with them. `main` is the plan file itself. */
export interface Gathered {
  readonly tree: Tree;
  readonly sources: readonly SourceFile[];
  readonly problems: readonly Problem[];
}

const filesMax = 100;
/** How many characters all files together may have. */
const charactersMax = 2 * 1024 * 1024;

/** Sections whose parts are maps again, so that two files may each bring some of them. */
const twoLevels = new Set([
  'safeguards',
  'communications',
  'governance',
  'roles',
  'objectives',
  'guards',
]);

/** Reads the plan file and everything that it includes. */
export function gather(main: SourceFile, read: ReadFile | undefined): Gathered {
  const gathering: Gathering = { read, sources: [], problems: [], merged: new Map() };
  const tree = gatherFile(main, [], gathering);
  const merged: Tree =
    tree?.type === 'map' ? { ...tree, entries: gathering.merged } : (tree ?? nothing(main));
  return { tree: merged, sources: gathering.sources, problems: gathering.problems };
}

interface Gathering {
  readonly read: ReadFile | undefined;
  readonly sources: SourceFile[];
  readonly problems: Problem[];
  readonly merged: Map<string, MapEntry>;
}

function gatherFile(
  source: SourceFile,
  chain: readonly string[],
  gathering: Gathering,
): Tree | undefined {
  gathering.sources.push(source);
  const grown = growTree(source);
  if (grown.type === 'problems') {
    gathering.problems.push(...grown.problems);
    return undefined;
  }
  const { tree } = grown;
  if (tree.type !== 'map') {
    const empty = tree.type === 'scalar' && tree.value === null;
    gathering.problems.push(
      problemAt(
        { ...tree.span, to: tree.span.from + 1 },
        'BK-0422',
        empty
          ? 'The file is empty.'
          : 'A plan is a map of sections; this file holds something else.',
        {
          mend:
            chain.length === 0
              ? 'Begin with backout: 1 and a name:; `backout init` writes a whole plan.'
              : 'Write sections such as signals: into it.',
        },
      ),
    );
    return undefined;
  }
  // Included files first: the order of lists is then the order of reading.
  includeAll(source, tree, [...chain, normalise(source.file)], gathering);
  merge(tree, chain.length > 0, gathering);
  return tree;
}

function includeAll(
  source: SourceFile,
  tree: MapTree,
  chain: readonly string[],
  gathering: Gathering,
): void {
  const include = tree.entries.get('include')?.value;
  if (include === undefined) return;
  const items = include.type === 'list' ? itemsOf(include) : [include];
  for (const item of items) {
    const path = textOf(item);
    if (path === undefined || path.trim() === '') {
      gathering.problems.push(
        problemAt(item.span, 'BK-0411', "The plan's include: the path of a file is wanted here.", {
          mend: 'Write it like include: [signals.yaml].',
        }),
      );
    } else {
      includeOne(resolve(source.file, path), item, chain, gathering);
    }
  }
}

function includeOne(
  path: string,
  item: Tree,
  chain: readonly string[],
  gathering: Gathering,
): void {
  if (chain.includes(path)) {
    gathering.problems.push(
      problemAt(
        item.span,
        'BK-0416',
        chain.length === 1
          ? 'The plan includes itself.'
          : `The plan includes itself: ${[...chain.slice(chain.indexOf(path)), path].join(' -> ')}.`,
        {
          mend: 'Take this line out.',
        },
      ),
    );
    return;
  }
  if (gathering.sources.some((other) => normalise(other.file) === path)) {
    gathering.problems.push(
      problemAt(item.span, 'BK-0417', `The file ${path} is included twice.`, {
        mend: 'Keep one of the two lines.',
      }),
    );
    return;
  }
  if (gathering.sources.length >= filesMax) {
    gathering.problems.push(
      problemAt(item.span, 'BK-0403', `The plan includes more than ${filesMax} files.`, {
        mend: 'Bring parts together in fewer files.',
      }),
    );
    return;
  }
  const answer = gathering.read?.(path) ?? { problem: 'no files can be read here' };
  if ('problem' in answer) {
    gathering.problems.push(
      problemAt(
        item.span,
        'BK-0415',
        `The included file ${path} cannot be read: ${answer.problem}.`,
        { mend: 'Paths start at the folder of the file that includes.' },
      ),
    );
    return;
  }
  const characters = gathering.sources.reduce(
    (sum, source) => sum + source.text.length,
    answer.text.length,
  );
  if (characters > charactersMax) {
    const most = charactersMax.toLocaleString('en-US');
    gathering.problems.push(
      problemAt(item.span, 'BK-0403', `With this file the plan has more than ${most} characters.`, {
        mend: 'Keep data out of the plan.',
      }),
    );
    return;
  }
  gatherFile({ file: path, text: answer.text }, chain, gathering);
}

/** Maps are joined, lists put one behind the other; what two files say both is a problem. */
function merge(tree: MapTree, included: boolean, gathering: Gathering): void {
  for (const [section, entry] of tree.entries) {
    if (section === 'include') continue;
    if (
      section === 'backout' &&
      included &&
      entry.value.type === 'scalar' &&
      entry.value.value === 1
    )
      continue;
    const before = gathering.merged.get(section);
    gathering.merged.set(
      section,
      before
        ? join(section, before, entry, twoLevels.has(section) ? 2 : 1, gathering.problems)
        : entry,
    );
  }
}

function join(
  name: string,
  first: MapEntry,
  second: MapEntry,
  levels: number,
  problems: Problem[],
): MapEntry {
  const [left, right] = [first.value, second.value];
  if (left.type === 'list' && right.type === 'list') {
    return { key: first.key, value: { ...left, items: [...left.items, ...right.items] } };
  }
  if (levels > 0 && left.type === 'map' && right.type === 'map') {
    const entries = new Map(left.entries);
    for (const [key, entry] of right.entries) {
      const before = entries.get(key);
      entries.set(key, before ? join(key, before, entry, levels - 1, problems) : entry);
    }
    return { key: first.key, value: { ...left, entries } };
  }
  const { file, line } = problemAt(first.key, 'BK-0418', '');
  problems.push(
    problemAt(
      second.key,
      'BK-0418',
      `"${name}" is defined twice; the other is at ${file}:${line}.`,
      { mend: 'Keep one of them, or rename it.' },
    ),
  );
  return first;
}

function nothing(source: SourceFile): Tree {
  return { type: 'scalar', span: { source, from: 0, to: 1 }, value: null };
}

/** The path of an included file, against the file that includes it. Always with forward slashes. */
function resolve(from: string, path: string): string {
  if (path.startsWith('/') || /^[a-zA-Z]:[\\/]/.test(path)) return normalise(path);
  const folder = normalise(from).split('/').slice(0, -1).join('/');
  return normalise(folder === '' && !from.startsWith('/') ? path : `${folder}/${path}`);
}

function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    const last = parts.at(-1);
    if (part === '.' || (part === '' && parts.length > 0)) continue;
    if (part === '..' && last !== undefined && last !== '..' && last !== '') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
