// `${scope:region}` and `${ring:percent}` in the steps of a plan: filled when a run is compiled, with nothing secret.
import type { Json } from '../journal/event.ts';
import { scopeKinds } from '../rollback/scope.ts';

/** What is filled in, by `scope:region`, `ring:percent`. */
export type Fills = { readonly [name: string]: string | number };

/**
 * What a step in rings may be filled with: which ring of how many, its share from 0 to 1, the same in percent, and the
 * percent that are left for the other side.
 */
export const ringFills = ['ring:number', 'ring:of', 'ring:share', 'ring:percent', 'ring:rest'];

/** Every fill there is. */
export const fillNames: readonly string[] = [
  ...scopeKinds.map((kind) => `scope:${kind}`),
  ...ringFills,
];

// `$${` stands for a plain `${`, so it is looked for first, and left to those who fill secrets in.
const fillPattern = /\$\$\{|\$\{((?:scope|ring):[^{}\s]*)\}/g;

/** Something of the right kind for every fill, where a step is judged before any run. */
export const sampleFills: Fills = {
  ...Object.fromEntries(scopeKinds.map((kind) => [`scope:${kind}`, kind])),
  'ring:number': 1,
  'ring:of': 1,
  'ring:share': 1,
  'ring:percent': 100,
  'ring:rest': 0,
};

/** The fills in a text, each once, known or not. */
export function fillsIn(text: string): readonly string[] {
  const found = [...text.matchAll(fillPattern)].flatMap(([, name]) => (name ? [name] : []));
  return [...new Set(found)];
}

/** The text without its fills: what is left is judged by the rules of secrets. */
export function withoutFills(text: string): string {
  return text.replace(fillPattern, (whole, name?: string) => (name === undefined ? whole : ''));
}

/** JSON with everything filled in. A text that is nothing but a fill becomes the value itself, so that numbers stay numbers. */
export function fillIn(value: Json, fills: Fills): Json {
  if (typeof value === 'string') {
    const [whole, name] = /^\$\{((?:scope|ring):[^{}\s]*)\}$/.exec(value) ?? [];
    const alone = whole === undefined || name === undefined ? undefined : fills[name];
    return alone ?? fillText(value, fills);
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Json) => fillIn(item, fills));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fillText(key, fills), fillIn(item, fills)]),
  );
}

function fillText(text: string, fills: Fills): string {
  return text.replace(fillPattern, (whole, name?: string) => {
    const value = name === undefined ? undefined : fills[name];
    return value === undefined ? whole : String(value);
  });
}
