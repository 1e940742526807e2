// `{{name}}` in requests: filled with values that were captured from earlier answers.
import { ConnectorError, type Json } from '../../connector.ts';

/** Captured values by name. */
export type Captured = { readonly [name: string]: Json };

/** Fills a JSON value. A text that is nothing but `{{name}}` becomes the value itself, not its spelling. */
export function fill(value: Json, captured: Captured): Json {
  if (typeof value === 'string') {
    const whole = /^\{\{([a-z][a-z0-9-]*)\}\}$/.exec(value)?.[1];
    return whole === undefined ? fillText(value, captured) : lookUp(whole, captured);
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each: Json) => fill(each, captured));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, fill(each, captured)]),
  );
}

/** Fills a text; the result is a text whatever is filled in. */
export function fillText(text: string, captured: Captured): string {
  return text.replaceAll(placeholder, (_all, name: string) => spell(lookUp(name, captured)));
}

/** Fills a path; values are encoded, so that none of them can become another path. */
export function fillPath(path: string, captured: Captured): string {
  return path.replaceAll(placeholder, (_all, name: string) =>
    encodeURIComponent(spell(lookUp(name, captured))),
  );
}

const placeholder = /\{\{([a-z][a-z0-9-]*)\}\}/g;

function lookUp(name: string, captured: Captured): Json {
  const value = Object.hasOwn(captured, name) ? captured[name] : undefined;
  if (value !== undefined) return value;
  throw new ConnectorError(
    'refused',
    `[http] Cannot fill {{${name}}}: no request before it captures "${name}". Add capture: { ${name}: /place/in/answer }.`,
  );
}

function spell(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
