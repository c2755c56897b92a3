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
  readonly #commits = new Map<bigint, EncodedTransfers>();
  #transfers = 0;

  /** To be called after the commit is durable. */
  add({ firstSeq, committedUnixMs }: WrittenCommit, planned: readonly PlannedTransfer[]): void {
    const transfers = planned.map((transfer, place) =>
      plannedMessage(transfer, firstSeq + BigInt(place), committedUnixMs),
    );
    this.#commits.set(firstSeq, encodeTransfers(transfers));
    this.#transfers += planned.length;
    for (const oldest of this.#commits.keys()) {
      if (this.#transfers <= TRANSFERS_MAX) break;
      this.#forget(oldest);
    }
  }

  /** The transfers as they are published, which are then forgotten; undefined if they are not known here. */
  take(firstSeq: bigint): EncodedTransfers | undefined {
    const found = this.#commits.get(firstSeq);
    if (found !== undefined) this.#forget(firstSeq);
    return found;
  }

  #forget(firstSeq: bigint): void {
    this.#transfers -= this.#commits.get(firstSeq)?.count ?? 0;
    this.#commits.delete(firstSeq);
  }
}
