// Two looks at a system compared: what differs between them, but for what changes by itself from one look to the next.
import type { Json } from '../../connector.ts';

/** Every value by its path: `/said/lines`. */
function valuesOf(evidence: Json, path = ''): ReadonlyMap<string, string> {
  if (evidence === null || typeof evidence !== 'object')
    return new Map([[path, JSON.stringify(evidence)]]);
  return new Map(
    Object.entries(evidence).flatMap(([key, value]) => [...valuesOf(value, `${path}/${key}`)]),
  );
}

/** How long an answer took says nothing of the system. */
const TIMES = /\/(ms|took|at)$/;

/** The paths that differ between looks with nothing in between. */
export function noiseOf(looks: readonly (readonly Json[])[]): ReadonlySet<string> {
  return new Set(
    looks.flatMap(([one = null, other = null]) =>
      pathsThatDiffer(one, other).map(([path]) => path),
    ),
  );
}

/** What differs, in words. */
export function differencesOf(
  then: Json,
  now: Json,
  noise: ReadonlySet<string>,
): readonly string[] {
  return pathsThatDiffer(then, now)
    .filter(([path]) => !noise.has(path) && !TIMES.test(path))
    .map(([path, was, is]) => `${path === '' ? 'it' : path} was ${was} and is ${is}`);
}

function pathsThatDiffer(
  one: Json,
  other: Json,
): readonly (readonly [path: string, was: string, is: string])[] {
  const [was, is] = [valuesOf(one), valuesOf(other)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .map((path) => [path, was.get(path) ?? 'nothing', is.get(path) ?? 'nothing'] as const);
}
