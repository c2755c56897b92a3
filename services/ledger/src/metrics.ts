import type { Meter } from "@flock/observability";
import type { Operation, Outcome } from "./domain/operations.js";

/** What the ledger measures. One method per metric; names and labels are here alone. */
export class LedgerMetrics {
  /** Counted here and told when asked: a counter of the library would hash its labels on the hot path. */
  readonly #operations = new Map<Operation["kind"], Map<Outcome["kind"] | "failed", number>>();
  readonly #commitSeconds;
  readonly #commitOperations;
  readonly #violations;
  readonly #audited;
  readonly #published;
  readonly #folded;
  readonly #closedEpoch;

  constructor(meter: Meter) {
    meter
      .createObservableCounter("ledger_operations", {
        description: "Operations carried out or refused, by kind and outcome",
      })
      .addCallback((told) => {
        for (const [kind, outcomes] of this.#operations)
          for (const [outcome, count] of outcomes) told.observe(count, { kind, outcome });
      });
    this.#commitSeconds = meter.createHistogram("ledger_commit_seconds", {
      description: "Duration of one group commit, from reading facts to durable",
      advice: { explicitBucketBoundaries: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10] },
    });
    this.#commitOperations = meter.createHistogram("ledger_commit_operations", {
      description: "Operations in one group commit",
      advice: { explicitBucketBoundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] },
    });
    this.#violations = meter.createGauge("ledger_books_violations", {
      description:
        "What the last audit found wrong with the books, by kind of audit; anything but 0 is an alarm",
    });
    this.#audited = meter.createGauge("ledger_audited_unix_seconds", {
      description: "When an audit last came to its end, whatever it found, by kind of audit",
    });
    this.#published = meter.createCounter("ledger_published_commits", {
      description: "Commits whose transfers were published as events",
    });
    this.#folded = meter.createCounter("ledger_folded_commits", {
      description: "Commits folded into the checkpoints of the protocol's accounts",
    });
    this.#closedEpoch = meter.createGauge("ledger_closed_epoch", {
      description: "Number of the last epoch that this process closed",
    });
  }

  operation(kind: Operation["kind"], outcome: Outcome["kind"] | "failed"): void {
    const outcomes = this.#operations.get(kind);
    if (outcomes === undefined) this.#operations.set(kind, new Map([[outcome, 1]]));
    else outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  commit(operations: number, durationMs: number): void {
    this.#commitSeconds.record(durationMs / 1_000);
    this.#commitOperations.record(operations);
  }

  audit(kind: "balances" | "full", violations: number): void {
    this.#violations.record(violations, { audit: kind });
    this.#audited.record(Math.round(Date.now() / 1_000), { audit: kind });
  }

  published(commits: number): void {
    this.#published.add(commits);
  }

  closed(epoch: bigint): void {
    this.#closedEpoch.record(Number(epoch));
  }

  folded(commits: number): void {
    this.#folded.add(commits);
  }
}
