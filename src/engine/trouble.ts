// What went wrong, whatever was thrown: a class for the policy and a sentence for people.
import { ConnectorError, type ErrorClass } from '../connector.ts';

/** An error as an attempt's result. */
export interface Trouble {
  readonly class: ErrorClass;
  readonly because: string;
}

/** Classifies what a connector threw. `signal` is the call's: what ended by it timed out or was cancelled. */
export function troubleOf(error: unknown, signal?: AbortSignal): Trouble {
  if (error instanceof ConnectorError) return { class: error.class, because: error.message };
  if (signal?.aborted === true) {
    const timedOut = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
    return timedOut
      ? { class: 'timed-out', because: 'No answer before the deadline.' }
      : { class: 'cancelled', because: 'Cancelled while it was being carried out.' };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { class: 'refused', because: `The connector failed in a way it should not: ${message}` };
}
