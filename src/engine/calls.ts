// Calls to connectors: each with a deadline, ended by it even when the connector does not listen.
import { type Call, ConnectorError } from '../connector.ts';

/** How long a connector may take to notice that its call was aborted before we stop waiting for it. */
const DEAF_MS = 1_000;

/** A call that ends after `ms`, or with `parent`. */
export function callFor(ms: number, parent?: AbortSignal): Call {
  const timeout = AbortSignal.timeout(Math.max(1, Math.min(ms, 2 ** 31 - 1)));
  return {
    signal: parent === undefined ? timeout : AbortSignal.any([parent, timeout]),
    deadline: Date.now() + ms,
  };
}

/** Waits for a connector's answer, and not for ever for one that ignores its signal. */
export async function answerOf<T>(call: Call, asked: Promise<T>): Promise<T> {
  const { signal } = call;
  // What is no promise is an answer, too: a connector may be plain JavaScript.
  const answer = Promise.resolve(asked);
  return new Promise<T>((resolve, reject) => {
    let deaf: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      deaf = setTimeout(
        () => reject(new ConnectorError('timed-out', 'No answer before the deadline.')),
        DEAF_MS,
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => {
      clearTimeout(deaf);
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/** Waits, or ends early (without an error) when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
