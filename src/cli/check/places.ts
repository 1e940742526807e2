// Where something stands in the files of a plan, found by its path; the nearest thing around it when it is not written out.
import { isMap, isNode, isPair, isScalar, parseDocument, type Document, type Node } from 'yaml';
import { type Place, placeOf, type SourceFile } from '../../core/plan/problem.ts';

/** Keys and positions from the top of a plan. */
export type Path = readonly (string | number)[];

/** Looks places up; each file is read once, and only when something has to be said. */
export class Places {
  readonly #sources: readonly SourceFile[];
  #documents: readonly Document[] | undefined;

  constructor(sources: readonly SourceFile[]) {
    this.#sources = sources;
  }

  /** The place of the value, else of what is nearest above it, in whichever file holds the most of the path. */
  of(path: Path): Place {
    this.#documents ??= this.#sources.map((source) => parseDocument(source.text));
    let best:
      | { readonly source: SourceFile; readonly node: Node | null; readonly depth: number }
      | undefined;
    for (const [index, source] of this.#sources.entries()) {
      const found = deepest(this.#documents[index]?.contents ?? null, path);
      if (best === undefined || found.depth > best.depth) best = { source, ...found };
    }
    const source = best?.source ?? { file: '', text: '' };
    const [from = 0, to = 1] = best?.node?.range ?? [];
    return placeOf({ source, from, to });
  }
}

/** Follows the path as far as it is written; a map or list is pointed at by its key, which is one line. */
function deepest(
  top: Node | null,
  path: Path,
): { readonly node: Node | null; readonly depth: number } {
  let node = top;
  let shown = top;
  for (const [depth, part] of path.entries()) {
    const pair = isMap(node)
      ? node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === part)
      : undefined;
    const next: unknown =
      pair === undefined
        ? typeof part === 'number' && node !== null && 'get' in node
          ? node.get(part, true)
          : undefined
        : pair.value;
    if (!isNode(next)) return { node: shown, depth };
    shown = isScalar(next) || pair === undefined || !isNode(pair.key) ? next : pair.key;
    node = next;
  }
  return { node: shown, depth: path.length };
}
