// The whole journal in one order that never skips an append still in flight: for those who copy or show everything.
//
// Positions are given before the commit, so a later position can become visible first. Ordered by transaction and
// position, and shown only below the oldest transaction that is still running, nothing appears behind a reader's back.
// The price: a long transaction anywhere in the same cluster holds the order up (never `read` or `onAppended`).
import type { JournalEvent } from '../core/journal/event.ts';
import type { Database } from './database.ts';
import { StoreError } from './errors.ts';
import { toEvent } from './journal.ts';
import type { EventRow } from './tables.ts';

/** Where a reader stands; opaque, and good for ever, also over dump and restore. */
export type Cursor = string;

/** Before the first event. */
export const beginning: Cursor = '0.0.0';

/** Some events and where to go on. */
export interface Page {
  readonly events: readonly JournalEvent[];
  readonly next: Cursor;
}

interface OrderedRow extends EventRow {
  readonly cursor: Cursor;
}

const text = `select generation || '.' || transaction || '.' || position as cursor, stream, seq, at, actor, body, hash
  from backout.event
  where (generation, transaction, position) > ($1::int, $2::xid8, $3::bigint)
  and (generation < (select generation from backout.cluster) or transaction < pg_snapshot_xmin(pg_current_snapshot()))
  order by generation, transaction, position limit $4`;

/** Up to `limit` (default 1000) events after the cursor; an empty page answers the same cursor. */
export async function readAll(
  database: Database,
  after: Cursor = beginning,
  limit = 1000,
): Promise<Page> {
  if (!/^\d+\.\d+\.\d+$/.test(after)) {
    throw new StoreError(
      'refused',
      `[store] Cannot go on reading after "${after}": that is no cursor of the journal.`,
    );
  }
  const rows = await database.query<OrderedRow>(text, [...after.split('.'), limit], 'follow');
  return { events: rows.map(toEvent), next: rows.at(-1)?.cursor ?? after };
}
