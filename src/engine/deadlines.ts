// Deadlines: the store knows when a stream must be looked at again; whichever node is awake does it.
import type { Log } from './log.ts';
import { type Office, backout, isLeftToNewer } from './office.ts';
import { sentenceOf } from './trouble.ts';

/** Looks at every stream whose deadline has come. Says when the next one comes: epoch milliseconds, null for never. */
export async function keepDeadlines(office: Office, log: Log): Promise<number | null> {
  const { streams, next } = await office.streams.journal.due();
  for (const stream of streams) {
    try {
      const told = await tick(office, stream);
      if (told !== undefined) log('warn', `[engine] Deadline of ${stream}: ${told}`);
    } catch (error) {
      // One stream that cannot be judged holds up no other.
      log('warn', `[engine] Deadline of ${stream}: ${sentenceOf(error)}`);
    }
  }
  return next;
}

async function tick(office: Office, stream: string): Promise<string | undefined> {
  const dash = stream.indexOf('-');
  const kind = stream.slice(0, dash);
  const name = stream.slice(dash + 1);
  const answer =
    kind === 'run'
      ? await office.commandRun(Number(name), { type: 'Tick' }, backout)
      : kind === 'migration'
        ? await office.commandMigration(name, { type: 'Tick' }, backout)
        : undefined;
  // What only newer nodes may decide is due there, not here.
  if (answer?.type !== 'rejected' || isLeftToNewer(answer)) return undefined;
  return answer.because;
}
