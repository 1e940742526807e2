// The feed: every event of a run or a migration told in words, with the mark of what it means.
import type { JournalEvent } from '../../core/journal/event.ts';
import { tell } from '../../core/journal/told.ts';
import type { Said } from '../../core/words/marks.ts';

/** One row of a feed. */
export interface FeedRow extends Said {
  readonly seq: number;
  readonly at: number;
}

/** Events as rows, newest first. */
export function feedOf(events: readonly JournalEvent[]): readonly FeedRow[] {
  return events.map((event) => ({ seq: event.seq, at: event.at, ...tell(event) })).toReversed();
}
