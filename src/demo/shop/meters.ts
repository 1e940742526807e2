// The meters of one part of the shop and the OpenMetrics page that shows them.

/** The labels of one series, in the order in which they are shown. */
export type Labels = Readonly<Record<string, string>>;

/** A counter: it only grows, and begins at 0 when its part starts. */
export interface Counter {
  readonly add: (labels: Labels, by?: number) => void;
}

/** A histogram of durations in seconds. */
export interface Histogram {
  readonly observe: (labels: Labels, seconds: number) => void;
}

/** All meters of one part. */
export interface Meters {
  readonly counter: (name: string, help: string) => Counter;
  readonly histogram: (name: string, help: string) => Histogram;
  readonly gauge: (name: string, help: string, read: () => readonly Sample[]) => void;
  /** The whole page. */
  readonly page: () => string;
}

/** One value of a gauge with its labels. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** The media type of the page. */
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The upper bounds of the histogram's buckets, in seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Makes an empty set of meters. */
export function createMeters(): Meters {
  const families: (() => readonly string[])[] = [];
  return {
    counter: (name, help) => addCounter(families, name, help),
    histogram: (name, help) => addHistogram(families, name, help),
    gauge: (name, help, read) => {
      families.push(() => [
        ...heading(name, 'gauge', help),
        ...read().map(({ labels, value }) => `${name}${inBraces(labels)} ${value}`),
      ]);
    },
    page: () => [...families.flatMap((family) => family()), '# EOF', ''].join('\n'),
  };
}

function addCounter(families: (() => readonly string[])[], name: string, help: string): Counter {
  const totals = new Map<string, number>();
  families.push(() => [
    ...heading(name, 'counter', help),
    ...[...totals].map(([labels, value]) => `${name}_total${labels} ${value}`),
  ]);
  return {
    add: (labels, by = 1) => {
      const key = inBraces(labels);
      totals.set(key, (totals.get(key) ?? 0) + by);
    },
  };
}

interface Distribution {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

function addHistogram(
  families: (() => readonly string[])[],
  name: string,
  help: string,
): Histogram {
  const series = new Map<string, Distribution>();
  families.push(() => [
    ...heading(name, 'histogram', help),
    ...[...series.values()].flatMap((one) => distributionLines(name, one)),
  ]);
  return {
    observe: (labels, seconds) => {
      const key = inBraces(labels);
      const one = series.get(key) ?? { labels, counts: bounds.map(() => 0), sum: 0, count: 0 };
      series.set(key, one);
      const bucket = bounds.findIndex((bound) => seconds <= bound);
      if (bucket >= 0) one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
      one.sum += seconds;
      one.count += 1;
    },
  };
}

function distributionLines(name: string, one: Distribution): readonly string[] {
  let below = 0;
  const buckets = bounds.map((bound, index) => {
    below += one.counts[index] ?? 0;
    return `${name}_bucket${inBraces({ ...one.labels, le: String(bound) })} ${below}`;
  });
  return [
    ...buckets,
    `${name}_bucket${inBraces({ ...one.labels, le: '+Inf' })} ${one.count}`,
    `${name}_sum${inBraces(one.labels)} ${one.sum}`,
    `${name}_count${inBraces(one.labels)} ${one.count}`,
  ];
}

function heading(name: string, type: string, help: string): readonly string[] {
  return [`# TYPE ${name} ${type}`, `# HELP ${name} ${help}`];
}

function inBraces(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
