// The clock of a node: what its calls and waits end by. What is due in the journal is told by the store's clock, never by it.

/** A clock and its timers: the machine's own, chosen where nothing else is said, or one that a simulation moves. */
export interface Clock {
  /** Epoch milliseconds as this machine shows them: may jump at any time, forward and back. */
  readonly now: () => number;
  /** Milliseconds since some moment: never jumps. Whoever measures how long something takes asks this one. */
  readonly steady: () => number;
  /** Calls back once, after so long; what it returns calls it off. */
  readonly after: (ms: number, then: () => void) => () => void;
  /** Aborts after so long with a TimeoutError; holds up no process that wants to end. */
  readonly timeout: (ms: number) => AbortSignal;
}

/** The longest that a timer of the machine can wait. Milliseconds. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const machineClock: Clock = {
  now: Date.now,
  steady: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, bounded(ms));
    return () => clearTimeout(timer);
  },
  timeout: (ms) => AbortSignal.timeout(bounded(ms)),
};

/** Whole milliseconds: `AbortSignal.timeout` throws at a fraction of one. */
function bounded(ms: number): number {
  return Math.ceil(Math.max(0, Math.min(ms, TIMER_MAX_MS)));
}
