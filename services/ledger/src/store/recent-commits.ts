import { LRUCache } from "lru-cache";
import type { PlannedTransfer } from "../domain/transfer.js";
import { type EncodedTransfers, encodeTransfers } from "./encoded-transfers.js";
import { plannedMessage } from "./recorded-transfer.js";
import type { WrittenCommit } from "./write-commit.js";

/** About 23 MB. A process that does not publish (another one does) keeps no more than this. */
const TRANSFERS_MAX = 50_000;

/**
 * The transfers of commits that this process has written and that are not published yet. So publishing need not read
 * them back, which costs nearly as much as writing them. It is only a memory: the database has everything, and the full
 * audit computes the hash chain from there.
 */
export class RecentCommits {
  /** By the number of their first transfer. */
  readonly #commits = new LRUCache<bigint, EncodedTransfers>({
    maxSize: TRANSFERS_MAX,
    sizeCalculation: ({ count }) => count,
  });

  /** To be called after the commit is durable. */
  add({ firstSeq, committedUnixMs }: WrittenCommit, planned: readonly PlannedTransfer[]): void {
    const transfers = planned.map((transfer, place) =>
      plannedMessage(transfer, firstSeq + BigInt(place), committedUnixMs),
    );
    this.#commits.set(firstSeq, encodeTransfers(transfers));
  }

  /** The transfers as they are published, which are then forgotten; undefined if they are not known here. */
  take(firstSeq: bigint): EncodedTransfers | undefined {
    const found = this.#commits.get(firstSeq);
    this.#commits.delete(firstSeq);
    return found;
  }
}
