/** The latencies that a report names, in milliseconds. */
export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/**
 * The middle value; the mean of the two middle ones of an even number.
 * @throws {RangeError} If there is no value.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take a median of none");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The value that at least `fraction` of all values do not exceed (nearest
 * rank), of values sorted ascending.
 * @throws {RangeError} If there is no value.
 */
export function percentile(sorted: Float64Array, fraction: number): number {
  if (sorted.length === 0) {
    throw new RangeError("Cannot take a percentile of none");
  }
  // A fraction like 0.999 times a length must not round up over its rank.
  const rank = Math.ceil(fraction * sorted.length - 1e-9);
  return sorted[Math.max(rank, 1) - 1];
}

/** The percentiles of unsorted samples, which are sorted in place. */
export function summarize(samples: Float64Array): Percentiles {
  samples.sort();
  return {
    p50: percentile(samples, 0.5),
    p90: percentile(samples, 0.9),
    p99: percentile(samples, 0.99),
    p999: percentile(samples, 0.999),
    max: percentile(samples, 1),
  };
}
