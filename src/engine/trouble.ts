// What went wrong, whatever was thrown: a class for the policy and a sentence for people.
import type { ErrorClass } from '../connector.ts';

/** An error as an attempt's result. */
export interface Trouble {
  readonly class: ErrorClass;
  readonly because: string;
}

/** Every class of the contract; one that an author made up counts as `refused`. */
const classes: { readonly [name in ErrorClass]: true } = {
  'cannot-reach': true,
  'not-allowed': true,
  'target-mismatch': true,
  'timed-out': true,
  refused: true,
  'verification-failed': true,
  cancelled: true,
};

/** Classifies what a connector threw. `signal` is the call's: what ended by it timed out or was cancelled. */
export function troubleOf(error: unknown, signal?: AbortSignal): Trouble {
  const said = classOf(error);
  if (said !== undefined) return { class: said, because: sentenceOf(error) };
  if (signal?.aborted === true) {
    const timedOut = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
    return timedOut
      ? { class: 'timed-out', because: 'No answer before the deadline.' }
      : { class: 'cancelled', because: 'Cancelled while it was being carried out.' };
  }
  return {
    class: 'refused',
    because: `The connector failed in a way it should not: ${sentenceOf(error)}`,
  };
}

/** By name and not by `instanceof`: a connector from elsewhere may bring its own copy of the contract. */
function classOf(error: unknown): ErrorClass | undefined {
  if (!(error instanceof Error) || error.name !== 'ConnectorError' || !('class' in error))
    return undefined;
  const { class: said } = error;
  return typeof said === 'string' && Object.hasOwn(classes, said)
    ? (said as ErrorClass)
    : 'refused';
}

/** Whatever was thrown, as text: even what refuses to become text. */
export function sentenceOf(error: unknown): string {
  try {
    return textOf(error instanceof Error ? error.message : error);
  } catch {
    return 'something that has no words';
  }
}

/** A text that a connector gave, which may be plain JavaScript and give something else. */
export function textOf(given: unknown): string {
  return typeof given === 'string' ? given : String(given);
}
