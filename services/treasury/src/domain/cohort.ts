/*
 * Isolating poison: one recipient that cannot be paid (a frozen account, an account that was given to somebody else)
 * fails the whole transaction. A batch that failed is split in two halves that are never batched with others, and so on
 * until the poison is alone: n payouts with one poison take about 2·log2(n) more transactions, and all others are paid.
 */

/** Batches of one payout that may fail before it is given up without a better reason. */
export const FAILURES_MAX = 3;

/** The cohorts of the payouts of a failed batch, in the order of the payouts. */
export function bisect(batchId: string, count: number): string[] {
  const half = Math.ceil(count / 2);
  return Array.from({ length: count }, (_, index) => `${batchId}/${index < half ? 0 : 1}`);
}

/** The cohorts after a simulation that named the payout at `culprit`: it alone, the others as before. */
export function isolate(batchId: string, cohort: string, count: number, culprit: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === culprit ? `${batchId}/x` : cohort));
}
