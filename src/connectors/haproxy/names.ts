// Names as HAProxy allows them: nothing in them could end a command and begin another.
import { z } from 'zod';
import type { Json, Kept } from '../../connector.ts';

/** The name of a backend or a server. */
export const proxyName = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'is no name: HAProxy allows letters, digits and _ . : -');

/** What was seen before the first apply; undefined when nothing was seen to differ, so nothing was changed. */
export function beforeOf({ before, receipt }: Kept): Readonly<Record<string, Json>> | undefined {
  const own = objectIn(before);
  return Object.keys(own).length > 0
    ? own
    : undefinedIfEmpty(objectIn(objectIn(receipt)['before']));
}

/** The JSON object, or an empty one. */
export function objectIn(value: Json | undefined): Readonly<Record<string, Json>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, Json>>; // neither null nor a list: an object
}

function undefinedIfEmpty(
  value: Readonly<Record<string, Json>>,
): Readonly<Record<string, Json>> | undefined {
  return Object.keys(value).length > 0 ? value : undefined;
}
