// Backout itself, as an actor in the journal.
import type { Actor } from '../core/journal/event.ts';

/** Who does what nobody ordered: deadlines, attempts, takeovers, receipts. */
export const backout: Actor = { kind: 'backout', name: 'backout' };
