// Calls to connectors: each with a deadline, ended by it even when the connector does not listen.
import { type Call, ConnectorError } from '../connector.ts';
import { type Clock, machineClock } from './clock.ts';

/** How long a connector may take to notice that its call was aborted before we stop waiting for it. */
const DEAF_MS = 1_000;

/** A call that ends after `ms`, or with `parent`. Its deadline moves with a clock that jumps: what is left stays the same. */
export function callFor(ms: number, parent?: AbortSignal, clock: Clock = machineClock): Call {
  const timeout = clock.timeout(Math.max(1, ms));
  const end = clock.steady() + ms;
  return {
    signal: parent === undefined ? timeout : AbortSignal.any([parent, timeout]),
    get deadline() {
      return Math.round(clock.now() + end - clock.steady());
    },
  };
}

/** Waits for a connector's answer, and not for ever for one that ignores its signal. */
export async function answerOf<T>(
  call: Call,
  asked: Promise<T>,
  clock: Clock = machineClock,
): Promise<T> {
  const { signal } = call;
  // What is no promise is an answer, too: a connector may be plain JavaScript.
  const answer = Promise.resolve(asked);
  return new Promise<T>((resolve, reject) => {
    let callOff = (): void => undefined;
    const onAbort = (): void => {
      callOff = clock.after(DEAF_MS, () =>
        reject(new ConnectorError('timed-out', 'No answer before the deadline.')),
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => {
      callOff();
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/** Waits, or ends early (without an error) when the signal aborts. */
export async function pause(
  ms: number,
  signal: AbortSignal,
  clock: Clock = machineClock,
): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      callOff();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const callOff = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
