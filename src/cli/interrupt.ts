// Ctrl-C and SIGTERM: the first asks the command to come to an end, the second ends it at once.

/** The wish to stop. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** From now on Ctrl-C asks first; before, it ends the process as usual. */
  readonly listen: () => void;
  /** As before. */
  readonly release: () => void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** The real thing, on this process. */
export function processInterrupt(): Interrupt {
  const controller = new AbortController();
  const heard = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort(name);
  };
  return {
    signal: controller.signal,
    listen: () => signals.forEach((name) => process.on(name, heard)),
    release: () => signals.forEach((name) => process.off(name, heard)),
  };
}
