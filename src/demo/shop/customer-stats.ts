// What the customers live through, counted by kind and by second.

/** What can go wrong for a customer. */
export type FailureKind =
  | 'sign-in'
  | 'order-refused'
  | 'writes-stopped'
  | 'order-unanswered'
  | 'invoice-missing'
  | 'invoice-wrong'
  | 'invoice-refused'
  | 'unanswered';

/** One second of the shop as the customers saw it. */
export interface CustomerSecond {
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Everything since the start, and the last 60 whole seconds. */
export interface CustomerStats {
  readonly requests: number;
  readonly failed: number;
  readonly signIns: number;
  readonly promised: number;
  readonly unknown: number;
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
  readonly firstFailureAt: number | undefined;
  readonly lastFailureAt: number | undefined;
  readonly seconds: readonly CustomerSecond[];
}

/** Counts while the customers shop. */
export interface CustomerCounter {
  readonly request: (durationMs: number) => void;
  readonly failure: (kind: FailureKind) => void;
  readonly count: (what: 'signIns' | 'promised' | 'unknown') => void;
  readonly stats: () => CustomerStats;
}

/** The seconds that are kept. */
const secondsMax = 60;

interface OpenSecond {
  readonly at: number;
  readonly durations: number[];
  failed: number;
}

/** Makes a counter that has counted nothing. */
export function createCustomerCounter(now: () => number): CustomerCounter {
  const totals = { requests: 0, failed: 0, signIns: 0, promised: 0, unknown: 0 };
  const failures: Partial<Record<FailureKind, number>> = {};
  const seconds: OpenSecond[] = [];
  let firstFailureAt: number | undefined;
  let lastFailureAt: number | undefined;

  const second = (): OpenSecond => {
    const at = Math.floor(now() / 1000) * 1000;
    const last = seconds.at(-1);
    if (last !== undefined && last.at === at) return last;
    const opened = { at, durations: [], failed: 0 };
    seconds.push(opened);
    if (seconds.length > secondsMax + 1) seconds.shift();
    return opened;
  };

  return {
    request: (durationMs) => {
      totals.requests += 1;
      second().durations.push(durationMs);
    },
    failure: (kind) => {
      totals.failed += 1;
      failures[kind] = (failures[kind] ?? 0) + 1;
      second().failed += 1;
      lastFailureAt = now();
      firstFailureAt ??= lastFailureAt;
    },
    count: (what) => {
      totals[what] += 1;
    },
    stats: () => ({
      ...totals,
      failures: { ...failures },
      firstFailureAt,
      lastFailureAt,
      seconds: seconds.filter(({ at }) => at + 1000 <= now()).map(closed),
    }),
  };
}

function closed({ at, durations, failed }: OpenSecond): CustomerSecond {
  const sorted = durations.toSorted((a, b) => a - b);
  const quantile = (share: number) =>
    Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return { at, requests: sorted.length, failed, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}
