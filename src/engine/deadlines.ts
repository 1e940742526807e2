// Deadlines: the store knows when a stream must be looked at again; whichever node is awake does it.
import type { Log } from './log.ts';
import { type Office, isLeftToNewer } from './office.ts';
import { tickStream } from './ticking.ts';
import { sentenceOf } from './trouble.ts';

/** Looks at every stream whose deadline has come. Says when the next one comes: epoch milliseconds, null for never. */
export async function keepDeadlines(office: Office, log: Log): Promise<number | null> {
  const { streams, next } = await office.streams.journal.due();
  for (const stream of streams) {
    try {
      const told = await tickStream(office, stream);
      // What only newer nodes may decide is due there, not here.
      if (told?.type === 'rejected' && !isLeftToNewer(told))
        log('warn', `[engine] Deadline of ${stream}: ${told.because}`);
    } catch (error) {
      // One stream that cannot be judged holds up no other.
      log('warn', `[engine] Deadline of ${stream}: ${sentenceOf(error)}`);
    }
  }
  return next;
}
