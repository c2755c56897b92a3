import { formatCount } from "../../../format/count.js";
import { formatDuration, formatDurationRange } from "../../../format/duration.js";

/** Of the jobs of the last half hour. */
export interface Spread {
  readonly p50: number;
  readonly p90: number;
  readonly n: number;
}

/** `12 before you, about 3–8 s`: depth, and the wait that was measured. What is not known is said so. */
export function waitingWords(before: number | null, wait: Spread | null): string {
  const depth = before === null ? "Depth of the queue unknown" : beforeYou(before);
  return wait === null
    ? `${depth}, wait unknown`
    : `${depth}, about ${formatDurationRange(wait.p50, wait.p90)}`;
}

/** `1.2 s of the last 40 answers`, for where the sample is told. */
export function sampleWords({ p50, n }: Spread): string {
  return `${formatDuration(p50)} in half of the last ${formatCount(n)} answers`;
}

function beforeYou(count: number): string {
  return count === 0 ? "Nobody before you" : `${formatCount(count)} before you`;
}
