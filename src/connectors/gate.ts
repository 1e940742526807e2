// Lets only so many calls into a system at once: the others wait for their turn, and no longer than their signal says.
import { orEnded } from './ending.ts';

/** Runs work when there is room for it. */
export interface Gate {
  /** Throws the reason of the signal when it aborts while the work still waits. */
  readonly enter: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

/** A gate with so many places. */
export function createGate(places: number): Gate {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const takePlace = async (signal: AbortSignal): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    try {
      await orEnded(signal, promise);
    } catch (error) {
      const place = waiting.indexOf(resolve);
      // The turn may have come at the very moment of the abort: then it is handed on.
      if (place === -1) leave();
      else waiting.splice(place, 1);
      throw error;
    }
  };
  return {
    enter: async (signal, work) => {
      await takePlace(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
