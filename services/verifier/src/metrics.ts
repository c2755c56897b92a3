import type { LadderVerdict } from "@flock/evidence";
import type { Meter } from "@flock/observability";
import type { CheckState } from "./domain/check.js";
import type { Oddity } from "./domain/odd-jobs.js";
import type { ConsequenceKind, ConsequenceState } from "./domain/verdict.js";

/** What the verifier measures. One method per metric; names and labels are here alone. */
export class VerifierMetrics {
  readonly #jobs;
  readonly #oddities;
  readonly #checks;
  readonly #checkSeconds;
  readonly #open;
  readonly #runs;
  readonly #verdicts;
  readonly #consequences;
  readonly #outOfMoney;

  constructor(meter: Meter) {
    this.#jobs = meter.createCounter("verifier_jobs", {
      description: "Jobs that ended, by whether they were drawn",
    });
    this.#oddities = meter.createCounter("verifier_oddities", {
      description: "Jobs that look odd by what is known of every job, by what is odd",
    });
    this.#checks = meter.createCounter("verifier_checks", {
      description: "Checks that were decided, by outcome and reason",
    });
    this.#checkSeconds = meter.createHistogram("verifier_check_seconds", {
      description: "From a job's draw to the end of its check",
    });
    this.#open = meter.createGauge("verifier_open_checks", {
      description: "Checks that are not decided yet",
    });
    this.#runs = meter.createCounter("verifier_runs", {
      description: "Runs of referees, by outcome",
    });
    this.#verdicts = meter.createCounter("verifier_verdicts", { description: "Verdicts, by kind" });
    this.#consequences = meter.createCounter("verifier_consequences", {
      description: "What followed from convictions, by kind and state",
    });
    this.#outOfMoney = meter.createCounter("verifier_out_of_money", {
      description: "Times that the account of checks had too little for a run; an alarm",
    });
  }

  jobs(isDrawn: boolean, count: number): void {
    this.#jobs.add(count, { drawn: isDrawn ? "yes" : "no" });
  }

  oddity(kind: Oddity): void {
    this.#oddities.add(1, { kind });
  }

  decided(state: CheckState, reason: string, seconds: number): void {
    this.#checks.add(1, { state, reason });
    this.#checkSeconds.record(seconds);
  }

  open(checks: number): void {
    this.#open.record(checks);
  }

  run(outcome: "read" | "failed" | "related"): void {
    this.#runs.add(1, { outcome });
  }

  verdict(kind: LadderVerdict): void {
    this.#verdicts.add(1, { kind });
  }

  consequence(kind: ConsequenceKind, state: ConsequenceState): void {
    this.#consequences.add(1, { kind, state });
  }

  outOfMoney(): void {
    this.#outOfMoney.add(1);
  }
}
