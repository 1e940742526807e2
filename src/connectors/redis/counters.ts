// Counters of a server over a window: what each gained, with restarts of the server told from decrease.

/** Remembers what some counters said, as long as it may be asked for. */
export interface Counted {
  readonly see: (values: readonly number[], at: number) => void;
  /** What each gained over the window, or over what was seen of it so far; undefined when it was seen once only. */
  readonly gainOver: (windowMs: number) => Gain | undefined;
}

/** What the counters gained, in their order. */
export interface Gain {
  readonly gained: readonly number[];
  readonly overMs: number;
}

interface Point {
  readonly at: number;
  /** All that was gained since the first sight. */
  readonly totals: readonly number[];
}

const pointsMax = 10_000;

/** A drop is a restart, and the new value is what was gained since. A first sight is no gain. */
export function createCounted(keepMs: number): Counted {
  let last: readonly number[] = [];
  let points: readonly Point[] = [];
  return {
    see: (values, at) => {
      const before = points.at(-1);
      if (before !== undefined && at <= before.at) return;
      const totals = values.map((value, index) => {
        const was = last[index] ?? value;
        return (before?.totals[index] ?? 0) + (value < was ? value : value - was);
      });
      last = values;
      points = [...points.filter((point) => point.at >= at - 2 * keepMs), { at, totals }].slice(
        -pointsMax,
      );
    },
    gainOver: (windowMs) => {
      const newest = points.at(-1);
      if (newest === undefined) return undefined;
      const base = points.findLast((point) => point.at <= newest.at - windowMs) ?? points[0];
      if (base === undefined || base === newest) return undefined;
      const gained = newest.totals.map((total, index) => total - (base.totals[index] ?? 0));
      return { gained, overMs: newest.at - base.at };
    },
  };
}
