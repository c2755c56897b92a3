import { FlockError } from "@flock/errors";
import type { Operation, OutcomeOf } from "./domain/operations.js";
import type { End, GroupCommitter } from "./group-committer.js";
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

  /** As {@link GroupCommitter.submitAll}. */
  async runAll(operations: readonly Operation[]): Promise<readonly End[]> {
    const ends = await this.#committer.submitAll(operations);
    for (const [index, { kind }] of operations.entries()) {
      const end = ends[index];
      this.#metrics.operation(kind, end === undefined || end instanceof FlockError ? "failed" : end.kind);
    }
    return ends;
  }
}
