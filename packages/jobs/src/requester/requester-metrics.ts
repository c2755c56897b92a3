import type { Counter, Histogram, Meter } from "@flock/observability";
import type { JobResult } from "./job.js";

/** What a requester counts. */
export class RequesterMetrics {
  readonly #leasesEnded: Counter;
  readonly #jobsEnded: Counter;
  readonly #waitMs: Histogram;

  constructor(meter: Meter) {
    this.#leasesEnded = meter.createCounter("requester_leases_ended", {
      description: "Leases by how they ended",
    });
    this.#jobsEnded = meter.createCounter("requester_jobs_ended", { description: "Jobs by outcome" });
    this.#waitMs = meter.createHistogram("requester_wait_ms", {
      description: "Time from routing a job to granting it, in ms",
    });
  }

  granted(waitedMs: number): void {
    this.#waitMs.record(waitedMs);
  }

  leaseEnded(how: string): void {
    this.#leasesEnded.add(1, { how });
  }

  jobEnded({ outcome, error }: JobResult): void {
    this.#jobsEnded.add(1, { outcome, code: error?.code ?? "ok" });
  }
}
