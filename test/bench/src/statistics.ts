/** The summary of a set of samples. */
export interface Summary {
  readonly p50: number;
  readonly p99: number;
}

/**
 * Smallest sample that at least `percent` % of all samples do not exceed (nearest rank): always a value that was
 * measured. Throws a RangeError for no samples: there is nothing to tell then.
 */
export function percentile(samples: ArrayLike<number>, percent: number): number {
  const sorted = Float64Array.from(samples).sort();
  const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError("no samples");
  return value;
}

/** Middle of the samples; the mean of the middle two if their number is even. Throws a RangeError for no samples. */
export function median(samples: ArrayLike<number>): number {
  const sorted = Float64Array.from(samples).sort();
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("no samples");
  return (lower + upper) / 2;
}

/** Median and 99th percentile. Throws a RangeError for no samples. */
export function summarize(samples: ArrayLike<number>): Summary {
  return { p50: median(samples), p99: percentile(samples, 99) };
}
