// The quantile of a histogram by what its buckets gained, computed as Prometheus' histogram_quantile does.

/** One bucket: how many observations were at most `le`. */
export interface Bucket {
  readonly le: number;
  readonly count: number;
}

/**
 * The value below which the share `quantile` of the observations lies, by straight lines inside of buckets. One that lies
 * beyond the last bound is that bound: no more can be known. NaN without observations or without a +Inf bucket.
 */
export function quantileOf(quantile: number, given: readonly Bucket[]): number {
  const buckets = madeMonotonic(given.toSorted((a, b) => a.le - b.le));
  const last = buckets.at(-1);
  if (last === undefined || last.le !== Infinity || last.count === 0) return Number.NaN;
  const rank = quantile * last.count;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const bucket = buckets[index];
  const below = buckets[index - 1];
  if (bucket === undefined) return Number.NaN;
  if (bucket.le === Infinity) return below?.le ?? Number.NaN;
  const start = below?.le ?? Math.min(0, bucket.le);
  const inside = bucket.count - (below?.count ?? 0);
  if (inside === 0) return bucket.le;
  return start + (bucket.le - start) * ((rank - (below?.count ?? 0)) / inside);
}

/** Buckets are read one after the other while they grow, so a later one may seem smaller than one before. */
function madeMonotonic(buckets: readonly Bucket[]): readonly Bucket[] {
  let most = 0;
  return buckets.map(({ le, count }) => {
    most = Math.max(most, count);
    return { le, count: most };
  });
}
