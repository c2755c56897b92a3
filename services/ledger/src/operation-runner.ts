import type { Operation, OutcomeOf } from "./domain/operation.js";
import type { GroupCommitter } from "./group-committer.js";
import type { LedgerMetrics } from "./metrics.js";

/** The one door to the ledger's operations: carries them out in groups and counts what came of them. */
export class OperationRunner {
  readonly #committer: GroupCommitter;
  readonly #metrics: LedgerMetrics;

  constructor(committer: GroupCommitter, metrics: LedgerMetrics) {
    this.#committer = committer;
    this.#metrics = metrics;
  }

  /** As {@link GroupCommitter.submit}. */
  async run<O extends Operation>(operation: O, waitMs?: number): Promise<OutcomeOf<O>> {
    try {
      const outcome = await this.#committer.submit(operation, waitMs);
      this.#metrics.operation(operation.kind, outcome.kind);
      return outcome;
    } catch (error) {
      this.#metrics.operation(operation.kind, "failed");
      throw error;
    }
  }
}
