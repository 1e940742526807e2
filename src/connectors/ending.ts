// How a call ends early: by its deadline, by a limit of the connector's own, or because somebody cancelled it.
import { ConnectorError, type Call } from '../connector.ts';

/** Why a piece of work was ended before it was done: the `reason` of the signal that `withEnding` hands on. */
export class Ended extends Error {
  override readonly name = 'Ended';
  readonly class: 'timed-out' | 'cancelled';
  readonly afterMs: number;

  constructor(endedAs: 'timed-out' | 'cancelled', afterMs: number) {
    super(endedAs === 'cancelled' ? 'it was cancelled' : `no answer within ${afterMs} ms`);
    this.class = endedAs;
    this.afterMs = afterMs;
  }
}

/** Longest wait that a Node timer can hold. */
const timerMaxMs = 2 ** 31 - 1;

/** Runs the work with a signal that aborts at the deadline, after the limit or on cancel, whichever is first. */
export async function withEnding<T>(
  call: Call,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const startedAt = Date.now();
  const end = (endedAs: Ended['class']): void =>
    controller.abort(new Ended(endedAs, Date.now() - startedAt));
  const onAbort = (): void => end(wasCancelled(call) ? 'cancelled' : 'timed-out');
  const timer = setTimeout(() => end('timed-out'), timeLeftMs(call, limitMs));
  if (call.signal.aborted) onAbort();
  call.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener('abort', onAbort);
  }
}

/** How long a call may still take: its deadline or the limit, whichever is sooner. */
export function timeLeftMs(call: Call, limitMs = timerMaxMs): number {
  return Math.max(0, Math.min(call.deadline - Date.now(), limitMs, timerMaxMs));
}

/** Waits for the promise, but no longer than until the signal aborts; then throws the signal's reason. */
export async function orEnded<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let onAbort = (): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    // `withEnding` aborts with an Ended, other signals with whatever they like.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The error of a call that was ended, said by `who`: `[http] Cannot read web: no answer within 5000 ms.` */
export function endedError(who: string, what: string, ended: Ended): ConnectorError {
  return new ConnectorError(ended.class, `[${who}] Cannot ${what}: ${ended.message}.`, {
    facts: { afterMs: ended.afterMs },
  });
}

/** A signal that aborts at the deadline says TimeoutError; any other abort before the deadline is a cancel. */
function wasCancelled(call: Call): boolean {
  const reason: unknown = call.signal.reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') return false;
  return Date.now() < call.deadline;
}
