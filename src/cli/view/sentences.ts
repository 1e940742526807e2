// Each event of the journal as one sentence, by this machine's clock: what a pipe, a log and `backout journal` show.
import type { JournalEvent } from '../../core/journal/event.ts';
import { tell } from '../../core/journal/told.ts';
import type { Mark } from '../../core/words/marks.ts';
import { plainly } from '../../core/words/phrases.ts';
import { timeOf } from './time.ts';

/** A sentence and the mark before it. */
export interface Sentence {
  readonly mark: Mark;
  readonly text: string;
}

/** The event in words. An event that this version does not know is named by its type. */
export function sentenceOf(event: JournalEvent): Sentence {
  const { mark, words } = tell(event, { ...plainly, clock: timeOf });
  return { mark, text: words };
}
