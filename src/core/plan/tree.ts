// A plan file as a tree of maps, lists and scalars, each knowing where it stands, and the ways to look into it.
import type { Json } from '../journal/event.ts';
import type { Span } from './problem.ts';

/** A value with its place. */
export type Tree = MapTree | ListTree | ScalarTree;

/** A map with the places of its keys. */
export interface MapTree {
  readonly type: 'map';
  readonly span: Span;
  readonly entries: Map<string, MapEntry>;
}

/** A key of a map and what it holds. */
export interface MapEntry {
  readonly key: Span;
  readonly value: Tree;
}

/** A list. */
export interface ListTree {
  readonly type: 'list';
  readonly span: Span;
  readonly items: readonly Tree[];
}

/** A text, number, boolean or null. */
export interface ScalarTree {
  readonly type: 'scalar';
  readonly span: Span;
  readonly value: string | number | boolean | null;
}

/** The tree as plain JSON. Keys that objects would misunderstand were refused before. */
export function toJson(tree: Tree): Json {
  switch (tree.type) {
    case 'map': {
      const object: { [key: string]: Json } = {};
      for (const [key, entry] of tree.entries) object[key] = toJson(entry.value);
      return object;
    }
    case 'list':
      return tree.items.map(toJson);
    case 'scalar':
      return tree.value;
  }
}

/** One key or index of a path through a tree. */
export type Step = PropertyKey;

/** What lies behind one key or index, with the place of the key where it is a map's. */
export function child(
  tree: Tree | undefined,
  step: Step,
): { readonly value: Tree; readonly key?: Span } | undefined {
  if (tree?.type === 'map') return tree.entries.get(String(step));
  if (tree?.type === 'list') {
    const value = tree.items[Number(step)];
    return value && { value };
  }
  return undefined;
}

/** The value at a path, if it is there. */
export function at(tree: Tree | undefined, ...path: readonly Step[]): Tree | undefined {
  let current = tree;
  for (const step of path) current = child(current, step)?.value;
  return current;
}

/** The entries of a map; none when it is none. */
export function entriesOf(tree: Tree | undefined): readonly (readonly [string, MapEntry])[] {
  return tree?.type === 'map' ? [...tree.entries] : [];
}

/** The items of a list; none when it is none. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.type === 'list' ? tree.items : [];
}

/** The text of a scalar; nothing when it is no text. */
export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.type === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined;
}
