// The file of a map: a key and its value on a line, comments and blank lines kept as they are.

/** Entries in order; a key may be there more than once, and the first counts. */
export type Entries = readonly (readonly [key: string, value: string])[];

/** The entries of the file. */
export function entriesIn(text: string): Entries {
  return text.split('\n').flatMap((line) => entryIn(line) ?? []);
}

/** All values of each key, in order. */
export function valuesOf(entries: Entries): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>();
  for (const [key, value] of entries) {
    const values = byKey.get(key);
    if (values === undefined) byKey.set(key, [value]);
    else values.push(value);
  }
  return byKey;
}

/**
 * The text with these keys having these values. A changed key stays where it was, for the order can matter; a new one goes
 * to the end. With `only`, every other entry goes.
 */
export function rewritten(
  text: string,
  target: ReadonlyMap<string, readonly string[]>,
  only: boolean,
): string {
  const done = new Set<string>();
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const kept = lines.flatMap((line) => {
    const key = entryIn(line)?.[0][0];
    if (key === undefined) return [line];
    const values = target.get(key);
    if (values === undefined) return only ? [] : [line];
    if (done.has(key)) return [];
    done.add(key);
    return values.map((value) => `${key} ${value}`);
  });
  const added = [...target]
    .filter(([key]) => !done.has(key))
    .flatMap(([key, values]) => values.map((value) => `${key} ${value}`));
  return [...kept, ...added].map((line) => `${line}\n`).join('');
}

function entryIn(line: string): readonly [readonly [string, string]] | undefined {
  const [, key, value = ''] = /^\s*([^\s#]\S*)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
  return key === undefined ? undefined : [[key, value]];
}
