// JSON pointers (RFC 6901), by which plans name a place in an answer, and equality of what is found there.
import { z } from 'zod';
import type { Json } from '../connector.ts';

/** `/a/b/0`, or the empty text for the whole. */
export const pointer = z
  .string()
  .regex(/^(\/([^~/]|~[01])*)*$/, 'is no JSON pointer: write /field, /field/inner or /list/0')
  .meta({ description: 'A JSON pointer (RFC 6901): /field/inner' });

/** The value at the place, or undefined when there is no such place. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(member, value);
}

/** Whether both are the same JSON; the order of members does not matter. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(member(a, key), member(b, key)))
  );
}

/** The JSON in a text, or undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // JSON.parse gives nothing but JSON
  } catch {
    return undefined;
  }
}

function member(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  if (Array.isArray(value) && !/^\d+$/.test(key)) return undefined; // its length is no part of it
  return (value as { readonly [key: string]: Json })[key]; // lists are found by index as by name
}
