// How a section of the plan is declared to zod: strict about its keys, and helpful about a key that it does not know.
import { z } from 'zod';
import type { Json } from '../../journal/event.ts';
import { name, saying } from '../scalars.ts';

/** An object that refuses keys it does not know, and says which one was perhaps meant. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    // The known keys travel in the mend; issues.ts makes "did you mean" of them for each unknown key.
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? saying('There are unknown keys here.', known)
        : saying('a map is wanted here.', `Keys known here: ${known}.`),
  });
}

/** Any JSON: what connectors get untouched. */
export const json: z.ZodType<Json, Json> = z.json();

/** A map from names to definitions; not said means none. */
export function named<Value extends z.ZodType>(value: Value) {
  return z.record(name, value).default({});
}

/** One thing or a list of them; a list in the Plan. */
export function oneOrMore<Value extends z.ZodType>(value: Value) {
  return z.union([
    value.transform((one): readonly z.output<Value>[] => [one]),
    z.array(value).readonly(),
  ]);
}
