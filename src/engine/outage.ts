// Waiting out an outage of the store: what was done is not forgotten because the journal was away for a moment.
import { StoreError } from '../store/errors.ts';
import { pause } from './calls.ts';
import { type Clock, machineClock } from './clock.ts';
import type { Log } from './log.ts';
import { sentenceOf } from './trouble.ts';

/** Between two tries: from, doubled, to at most. Milliseconds. */
const TRY_AGAIN = { firstMs: 50, mostMs: 1_000 };

/** Asks until the store answers or the signal aborts; `log` hears once that it waits, and why. What is no outage is thrown at once. */
export async function waitOut<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  log?: Log,
  clock: Clock = machineClock,
): Promise<T> {
  let wait = TRY_AGAIN.firstMs;
  let said = false;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !isOutage(error)) throw error;
      if (!said) log?.('warn', `[engine] Waiting for the journal: ${sentenceOf(error)}`);
      said = true;
    }
    await pause(wait, signal, clock);
    wait = Math.min(TRY_AGAIN.mostMs, wait * 2);
  }
}

/** May the same be answered a moment later, although nobody changes the question? */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  switch (error.code) {
    case 'unreachable':
    case 'read-only':
    case 'disk-full':
    case 'too-many-connections':
    case 'too-slow':
    case 'not-started':
      return true;
    case 'wrong-password':
    case 'no-such-database':
    case 'not-allowed':
    case 'pooler-in-the-way':
    case 'too-old':
    case 'newer-backout':
    case 'changed-migration':
    case 'corrupt':
    case 'bad-url':
    case 'folder':
    case 'other-major':
    case 'no-postgres':
    case 'unsafe-settings':
    case 'refused':
      return false;
  }
}
