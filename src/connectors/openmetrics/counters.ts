// How much counters gained over a window, remembered from one page to the next: resets handled, memory bounded.
import type { Page, Sample } from './page.ts';
import { select, type Selection } from './query.ts';

/** What a set of counters gained. */
export interface Gain {
  readonly gained: number;
  /** How many series the newest page has; with none, nothing gained because nothing is there. */
  readonly series: number;
  /** Between the first page that counts and the last. */
  readonly overMs: number;
  readonly resets: number;
}

/** Why there is nothing to say, as a sentence that goes on "no data because". */
export type NoGain = { readonly because: string };

/** Remembers the counters of one selection. */
export interface Counters {
  /** Takes a page. Pages come in order; one that is not newer than the last changes nothing. */
  readonly see: (page: Page, at: number) => void;
  readonly gainOver: (windowMs: number) => Gain | NoGain;
}

interface Point {
  readonly at: number;
  /** All that was gained since the first page. */
  readonly total: number;
  readonly resets: number;
  /** How many series there were. */
  readonly series: number;
}

const pointsMax = 10_000;

/**
 * A drop is a reset, and the new value is what was gained since (as Prometheus `increase` has it). A first sight is no
 * increase, for nobody knows what it was before, unless the page says that it was created after the page before.
 */
export function createCounters(selection: Selection, keepMs: number): Counters {
  let last = new Map<string, number>();
  let points: Point[] = [];
  const forgetBefore = (at: number): void => {
    points = points.filter((point) => point.at >= at).slice(-pointsMax);
    if (points.length === 0) last = new Map();
  };
  return {
    see: (page, at) => {
      forgetBefore(at - 2 * keepMs);
      const before = points.at(-1);
      if (before !== undefined && at <= before.at) return;
      if (!page.has(selection.metric)) return;
      const created = createdTimes(page, selection);
      const now = new Map<string, number>();
      let { total, resets } = before ?? { total: 0, resets: 0 };
      for (const sample of select(page, selection)) {
        if (!Number.isFinite(sample.value)) continue;
        const key = keyOf(sample);
        now.set(key, sample.value);
        const was = last.get(key) ?? bornAfter(created.get(key), before);
        if (was === undefined) continue;
        if (sample.value < was) resets += 1;
        total += sample.value < was ? sample.value : sample.value - was;
      }
      // A series that is left out of one page is not new when it comes back.
      last = new Map([...last, ...now].slice(-seriesMax));
      points.push({ at, total, resets, series: now.size });
    },
    gainOver: (windowMs) => {
      const newest = points.at(-1);
      if (newest === undefined) return { because: `there is no ${selection.metric} on the page` };
      const base =
        points.findLast((point) => point.at <= newest.at - windowMs) ??
        points.find((point) => point.at < newest.at);
      if (base === undefined)
        return { because: 'it was seen once only, and a rate needs two pages' };
      return {
        gained: newest.total - base.total,
        series: newest.series,
        overMs: newest.at - base.at,
        resets: newest.resets - base.resets,
      };
    },
  };
}

const seriesMax = 100_000;

/** A series that was created after the page before began at zero. */
function bornAfter(createdAt: number | undefined, before: Point | undefined): number | undefined {
  return createdAt !== undefined && before !== undefined && createdAt > before.at ? 0 : undefined;
}

/** OpenMetrics says of `x_total` in `x_created` when it began, in seconds. */
function createdTimes(page: Page, { metric, labels }: Selection): ReadonlyMap<string, number> {
  if (!metric.endsWith('_total')) return new Map();
  const created = select(page, { metric: metric.replace(/_total$/, '_created'), labels });
  return new Map(created.map((sample) => [keyOf(sample), sample.value * 1000]));
}

function keyOf({ labels }: Sample): string {
  return JSON.stringify([...labels].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
