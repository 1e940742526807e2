// Who reads a page, and whether they may order anything before they have signed in.
import type { Context } from 'hono';
import type { Person } from '../../engine/identity.ts';

/** The reader of a page. */
export interface Reader {
  /** Null when nobody is signed in. */
  readonly person: Person | null;
  /** From the first operator on, an order needs a proven name. */
  readonly proofWanted: boolean;
}

/** The reader, as the request proves them. */
export function readerOf(c: Context): Reader {
  return { person: c.get('person') ?? null, proofWanted: c.get('proofWanted') ?? false };
}
