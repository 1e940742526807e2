// The hash chain of a stream: each event's SHA-256 covers the one before, so that no event can be changed, dropped or moved unseen.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { JournalEvent, Json } from './event.ts';

/** What the first event of every stream is chained to. */
export const firstLink = '0'.repeat(64);

/** Whether a stream is what was written; `seq` names the first event that is not. */
export type ChainVerdict =
  | { readonly type: 'whole' }
  | { readonly type: 'broken'; readonly seq: number; readonly why: string };

/** The place up to which a stream was verified; verification goes on from there, so that memory stays bounded. */
export interface Link {
  readonly seq: number;
  readonly at: number;
  readonly hash: string;
}

/** Verifies events that follow `after` (default: the beginning of the stream). */
export function verifyChain(
  events: readonly JournalEvent[],
  after: Link = { seq: 0, at: 0, hash: firstLink },
): ChainVerdict {
  let last = after;
  for (const event of events) {
    const why = whatIsWrong(event, last);
    if (why !== null) return { type: 'broken', seq: last.seq + 1, why };
    last = event;
  }
  return { type: 'whole' };
}

/** The hash of an event that follows the hash `previous`. */
export function chainHash(previous: string, event: Omit<JournalEvent, 'hash'>): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalEvent(previous, event))));
}

/**
 * What is hashed: six lines. None of the parts can hold a line break, so no two events have the same text.
 * Postgres makes the very same bytes in `backout.append`.
 */
export function canonicalEvent(previous: string, event: Omit<JournalEvent, 'hash'>): string {
  return [
    previous,
    event.stream,
    event.seq,
    event.at,
    canonicalJson(event.actor),
    canonicalJson(event.body),
  ].join('\n');
}

/**
 * JSON with sorted keys and no spaces, as RFC 8785 has it: one value, one text. A field that is undefined is left out;
 * a number that JSON cannot hold must never come here.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`[journal] ${value} is not JSON: an event can hold finite numbers only.`);
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value as { readonly [key: string]: Json | undefined })
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}

function whatIsWrong(event: JournalEvent, last: Link): string | null {
  if (event.seq !== last.seq + 1) {
    return `event ${last.seq + 1} is missing: ${event.seq} follows ${last.seq}`;
  }
  if (event.at < last.at) return 'its time is before that of the event before it';
  if (event.hash !== chainHash(last.hash, event)) {
    return 'its hash does not match: it, or the event before it, is not what was written';
  }
  return null;
}
