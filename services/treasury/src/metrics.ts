import type { Meter } from "@flock/observability";
import type { BatchState } from "./domain/batch.js";
import type { MovementKind } from "./domain/movement.js";
import type { PayoutState } from "./domain/payout.js";

/** What the treasury measures. One method per metric; names and labels are here alone. */
export class TreasuryMetrics {
  readonly #payouts;
  readonly #batches;
  readonly #batchBytes;
  readonly #movements;
  readonly #stops;
  readonly #lamports;
  readonly #holdings;
  readonly #difference;
  readonly #reconciled;
  readonly #recovered;

  constructor(meter: Meter) {
    this.#payouts = meter.createCounter("treasury_payouts", {
      description: "Payouts that came to a state, by state",
    });
    this.#batches = meter.createCounter("treasury_batches", {
      description: "Chain transactions that came to a state, by state",
    });
    this.#batchBytes = meter.createHistogram("treasury_batch_bytes", {
      description: "Size of signed payout transactions",
      advice: { explicitBucketBoundaries: [300, 500, 700, 900, 1_000, 1_050, 1_108, 1_150, 1_200, 1_232] },
    });
    this.#movements = meter.createCounter("treasury_movements", {
      description: "Finalized transactions of the token account, by kind",
    });
    this.#stops = meter.createGauge("treasury_stops", {
      description: "Stops of payouts in force, by kind; a halt is an alarm",
    });
    this.#lamports = meter.createGauge("treasury_lamports", { description: "For fees and new accounts" });
    this.#holdings = meter.createGauge("treasury_holdings_llama", {
      description: "What the token account holds, finalized",
    });
    this.#difference = meter.createGauge("treasury_books_difference_llama", {
      description: "What the ledger believes to be on chain beyond what can be; anything but 0 is an alarm",
    });
    this.#reconciled = meter.createCounter("treasury_reconciliations", {
      description: "Comparisons of chain and ledger, by outcome",
    });
    this.#recovered = meter.createCounter("treasury_gaps_closed", {
      description: "Transactions that the first listing had left out",
    });
  }

  payout(state: PayoutState, count = 1): void {
    this.#payouts.add(count, { state });
  }

  batch(state: BatchState): void {
    this.#batches.add(1, { state });
  }

  batchBytes(bytes: number): void {
    this.#batchBytes.record(bytes);
  }

  movement(kind: MovementKind): void {
    this.#movements.add(1, { kind });
  }

  stops(kind: "halt" | "pause", count: number): void {
    this.#stops.record(count, { kind });
  }

  lamports(amount: bigint): void {
    this.#lamports.record(Number(amount));
  }

  holdings(microLlama: bigint): void {
    this.#holdings.record(Number(microLlama) / 1e6);
  }

  reconciled(outcome: "equal" | "consistent" | "undetermined" | "broken", differenceMicro: bigint): void {
    this.#reconciled.add(1, { outcome });
    this.#difference.record(Number(differenceMicro) / 1e6);
  }

  recovered(transactions: number): void {
    this.#recovered.add(transactions);
  }
}
