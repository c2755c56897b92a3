import assert from "node:assert/strict";

/** Most bytes of a serialized transaction: the IPv6 minimum MTU less headers. */
export const TRANSACTION_BYTES_MAX = 1_232;

/** Candidates that are tried after one that did not fit: a smaller one may be next in line. */
const LOOK_AHEAD = 24;

export interface PackedBatch<T> {
  readonly items: readonly T[];
  /** Of the serialized transaction with these items. */
  readonly bytes: number;
}

/**
 * Fills batches in the order of the queue by what their transactions really measure: no count of "transfers per
 * transaction" survives new recipients (which need their account made), repeated recipients, or a change of the format.
 * The first in line is always in the first batch, so nobody starves.
 * @param measure - bytes of the serialized transaction that carries these items
 * @param batchesMax - the rest stays in the queue
 */
export function packBatches<T>(
  waiting: readonly T[],
  measure: (items: readonly T[]) => number,
  batchesMax: number,
): PackedBatch<T>[] {
  const batches: PackedBatch<T>[] = [];
  let queue = [...waiting];
  while (queue.length > 0 && batches.length < batchesMax) {
    const { batch, rest } = fillOne(queue, measure);
    batches.push(batch);
    queue = rest;
  }
  return batches;
}

function fillOne<T>(queue: readonly T[], measure: (items: readonly T[]) => number) {
  let items: T[] = [];
  let bytes = 0;
  let misses = 0;
  const rest: T[] = [];
  for (const item of queue) {
    const size = misses > LOOK_AHEAD ? Number.POSITIVE_INFINITY : measure([...items, item]);
    if (size <= TRANSACTION_BYTES_MAX) {
      items = [...items, item];
      bytes = size;
    } else {
      assert(items.length > 0, `one payout alone takes ${size} bytes`);
      misses += 1;
      rest.push(item);
    }
  }
  return { batch: { items, bytes }, rest };
}
