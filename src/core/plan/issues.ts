// What zod complains about, told as problems of the plan: the right branch, the right place, and how to mend it.
import type { z } from 'zod';
import { describe } from './describe.ts';
import { didYouMean, nearest } from './nearest.ts';
import { problemAt } from './problem.ts';
import type { Problem, Span } from './problem.ts';
import { at, child, textOf } from './tree.ts';
import type { Step, Tree } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** Problems in place of zod's issues; `tree` is what the schema judged. */
export function problemsOf(tree: Tree, issues: readonly Issue[]): readonly Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(tree, [], issue));
}

function problemsOfIssue(tree: Tree, above: readonly Step[], issue: Issue): readonly Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return unknownKeys(tree, path, issue);
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => wrongKey(tree, path, inner));
  const value = at(tree, ...path);
  if (value === undefined) return [missing(tree, path, [String(path.at(-1))], mendOf(issue))];
  if (issue.code === 'invalid_union') {
    if (value.type === 'map' || ownMessage(issue) === undefined)
      return ofUnion(tree, path, value, issue);
  }
  return [wrongValue(tree, path, value, issue)];
}

function unknownKeys(
  tree: Tree,
  path: readonly Step[],
  issue: Issue & { readonly code: 'unrecognized_keys' },
): readonly Problem[] {
  const known = issue.message.split('\n')[1]?.split(', ') ?? [];
  return issue.keys.map((key) =>
    problemAt(
      child(at(tree, ...path), key)?.key ?? placeAt(tree, path),
      'BK-0410',
      `${describe(tree, path)} has no key "${clip(key)}".`,
      {
        mend: didYouMean(key, known) ?? `Known here: ${known.join(', ')}.`,
      },
    ),
  );
}

function wrongKey(tree: Tree, path: readonly Step[], inner: Issue): Problem {
  const [message = ''] = inner.message.split('\n');
  const key = clip(String(path.at(-1)));
  return problemAt(
    child(at(tree, ...path.slice(0, -1)), path.at(-1) ?? '')?.key ?? placeAt(tree, path),
    'BK-0411',
    `"${key}": ${lower(message)}`,
    {
      mend: mendOf(inner),
    },
  );
}

function missing(
  tree: Tree,
  path: readonly Step[],
  keys: readonly string[],
  mend: string | undefined,
): Problem {
  const parent = path.slice(0, -1);
  const [key] = keys;
  const wanted = keys.length > 1 ? `one of: ${keys.join(', ')}` : `"${key}"`;
  return problemAt(placeAt(tree, parent), 'BK-0413', `${describe(tree, parent)} lacks ${wanted}.`, {
    mend: keys.length > 1 ? `Add one of them.` : (mend ?? `Add ${key}: to it.`),
  });
}

function wrongValue(tree: Tree, path: readonly Step[], value: Tree, issue: Issue): Problem {
  const subject = describe(tree, path);
  if (value.type === 'scalar' && value.value === null) {
    return problemAt(placeAt(tree, path), 'BK-0411', `${subject} is empty.`, {
      mend: 'Fill it, or leave the line out.',
    });
  }
  return problemAt(value.span, 'BK-0411', `${subject}: ${lower(messageOf(issue))}`, {
    mend: meantValue(value, issue) ?? mendOf(issue),
  });
}

function meantValue(value: Tree, issue: Issue): string | undefined {
  if (issue.code !== 'invalid_value' || textOf(value) === undefined) return undefined;
  const words = issue.values.filter((word) => typeof word === 'string');
  const near = nearest(textOf(value) ?? '', words);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

/** The branch of a union that the writer most likely meant tells the complaint. */
function ofUnion(
  tree: Tree,
  path: readonly Step[],
  value: Tree,
  issue: Issue & { readonly code: 'invalid_union' },
): readonly Problem[] {
  const branches = issue.errors.map((issues) => ({
    issues,
    distance: sum(issues.map((inner) => distance(value, inner))),
  }));
  const least = Math.min(...branches.map((branch) => branch.distance));
  const closest = branches.filter((branch) => branch.distance === least);
  const [best] = closest;
  if (!best || best.issues.length === 0) return [wrongValue(tree, path, value, issue)];
  const likely = value.type === 'map' && value.entries.size === 0 ? branches : closest;
  if (
    likely.length > 1 &&
    likely.every((branch) => branch.issues.every((inner) => isMissing(value, inner)))
  ) {
    return lackingInAll(
      tree,
      path,
      likely.map((branch) => branch.issues),
    );
  }
  const renamed = best.issues.some(
    (inner) => inner.code === 'unrecognized_keys' && meant(inner) !== undefined,
  );
  const told = renamed ? best.issues.filter((inner) => !isMissing(value, inner)) : best.issues;
  return told.flatMap((inner) => problemsOfIssue(tree, path, inner));
}

/** How far a value is from what an issue's branch wants: unknown keys weigh most, then missing ones. */
function distance(value: Tree, issue: Issue): number {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.length * 10 - (meant(issue) === undefined ? 0 : 8);
  if (isMissing(value, issue)) return 4;
  if (issue.path.length === 0 && issue.code === 'invalid_type') return 100;
  return issue.path.length === 0 ? 3 : 1;
}

function isMissing(value: Tree, issue: Issue): boolean {
  return issue.path.length === 1 && at(value, ...issue.path) === undefined;
}

/** Several branches fit as well as each other: what all of them lack, and what would tell them apart. */
function lackingInAll(
  tree: Tree,
  path: readonly Step[],
  branches: readonly (readonly Issue[])[],
): readonly Problem[] {
  const keys = branches.map((issues) => [...new Set(issues.map((issue) => String(issue.path[0])))]);
  const [first = [], ...others] = keys;
  const common = first.filter((key) => others.every((other) => other.includes(key)));
  const telling = keys.flatMap((each) => each.find((key) => !common.includes(key)) ?? []);
  const choices = [...new Set(telling)];
  return [
    ...common.map((key) => missing(tree, [...path, key], [key], undefined)),
    ...(choices.length > 0 ? [missing(tree, [...path, ''], choices, undefined)] : []),
  ];
}

function meant(issue: Issue & { readonly code: 'unrecognized_keys' }): string | undefined {
  const known = issue.message.split('\n')[1]?.split(', ') ?? [];
  const mend = didYouMean(issue.keys[0] ?? '', known);
  return mend?.startsWith('did you mean') ? mend : undefined;
}

/** Where a path stands: the key that leads there, else the value, else what is nearest above. */
function placeAt(tree: Tree, path: readonly Step[]): Span {
  for (let length = path.length; length > 0; length--) {
    const found = child(at(tree, ...path.slice(0, length - 1)), path[length - 1] ?? '');
    if (found) return found.key ?? firstKey(found.value) ?? found.value.span;
  }
  return firstKey(tree) ?? tree.span;
}

function firstKey(tree: Tree): Span | undefined {
  return tree.type === 'map' ? [...tree.entries.values()][0]?.key : undefined;
}

function ownMessage(issue: Issue): string | undefined {
  return issue.message.includes('\n') ? issue.message : undefined;
}

function messageOf(issue: Issue): string {
  const [own = ''] = issue.message.split('\n');
  if (ownMessage(issue) !== undefined) return own;
  switch (issue.code) {
    case 'invalid_value':
      return `this is not one of ${issue.values.map(String).join(', ')}.`;
    case 'invalid_type':
      return `${wanted[issue.expected] ?? issue.expected} is wanted here.`;
    case 'too_small':
      return `this is too ${issue.origin === 'array' ? 'short' : 'small'}: ${String(issue.minimum)} at the least.`;
    case 'too_big':
      return `this is too ${issue.origin === 'array' ? 'long' : 'large'}: ${String(issue.maximum)} at the most.`;
    default:
      return 'this is not what is wanted here.';
  }
}

const wanted: { readonly [expected: string]: string } = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list of two',
  object: 'a map',
  record: 'a map of names',
};

function mendOf(issue: Issue): string | undefined {
  const own = issue.message.split('\n')[1];
  if (own !== undefined && issue.code !== 'unrecognized_keys') return own;
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.length > 1
        ? `Write one of: ${issue.values.map(String).join(', ')}.`
        : `Write ${String(issue.values[0])}.`;
    case 'invalid_type':
      return mends[issue.expected];
    case 'too_small':
      return `Write ${String(issue.minimum)} or more.`;
    case 'too_big':
      return `Write ${String(issue.maximum)} or less.`;
    default:
      return undefined;
  }
}

const mends: { readonly [expected: string]: string } = {
  string: 'Write a text, in quotes if it looks like a number.',
  number: 'Write a number, without quotes.',
  int: 'Write a whole number, without quotes.',
  boolean: 'Write true or false; yes, no, on and off are texts in YAML 1.2.',
  array: 'Write a list: [ one, another ].',
  tuple: 'Write a list of two: [ one, another ].',
  object: 'Write a map: { key: value }.',
  record: 'Write each as name: { … }.',
};

function lower(message: string): string {
  return message.replace(/^This /, 'this ').replace(/^An? /, (article) => article.toLowerCase());
}

function clip(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
