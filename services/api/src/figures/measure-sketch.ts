/** Each bucket ends this much higher than it begins: what is told is at most 5 % beside the truth. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** What is smaller counts as 0. */
const MIN = 0.1;
/** Of milliseconds: more than a day. */
const MAX = 1e8;

/** How a measure is spread: half of its values are at most `p50`, nine of ten at most `p90`; `n` values. */
export interface Spread {
  readonly p50: number;
  readonly p90: number;
  readonly n: number;
}

/** Values of a measure, as counts in buckets that grow with the value: some numbers, however many values. */
export class MeasureSketch {
  readonly #counts = new Map<number, number>();
  #n = 0;

  get n(): number {
    return this.#n;
  }

  add(value: number): void {
    this.#addTo(bucketOf(value), 1);
  }

  addAll(other: MeasureSketch): void {
    for (const [bucket, count] of other.#counts) this.#addTo(bucket, count);
  }

  /** Undefined without values. */
  spread(): Spread | undefined {
    if (this.#n === 0) return undefined;
    const buckets = [...this.#counts].sort(([a], [b]) => a - b);
    const quantile = (share: number): number => {
      let left = Math.ceil(share * this.#n);
      for (const [bucket, count] of buckets) {
        left -= count;
        if (left <= 0) return middleOf(bucket);
      }
      return middleOf(buckets.at(-1)?.[0] ?? 0);
    };
    return { p50: quantile(0.5), p90: quantile(0.9), n: this.#n };
  }

  #addTo(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#n += count;
  }
}

/** 0 for what counts as 0, then 1, 2, … */
function bucketOf(value: number): number {
  if (!(value > MIN)) return 0;
  return Math.ceil(Math.log(Math.min(value, MAX) / MIN) / LOG_GROWTH);
}

/** The middle of the bucket, with three digits. */
function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : Number((MIN * GROWTH ** (bucket - 0.5)).toPrecision(3));
}
