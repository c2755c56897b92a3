import { type Clock, delay, type Mesh, type Part } from "@flock/mesh";
import type { Dispatcher } from "./dispatcher.js";
import { modelUnserved, nobodyMayHave } from "./domain/admission.js";
import type { RefusedJobs } from "./domain/refused-jobs.js";
import type { Registry } from "./domain/registry.js";
import type { Departure, Scheduler } from "./domain/scheduler.js";
import type { WaitingJob } from "./domain/waiting-job.js";
import type { Fleet } from "./fleet.js";
import type { LoadReport } from "./load-report.js";
import type { RouterMetrics } from "./metrics.js";
import type { TicketStream } from "./ticket-stream.js";

const INTERVAL_MS = 250;
/** After a longer gap this process was frozen or cut off: others may have spoken and not been heard. */
const GAP_MAX_MS = 1_000;

export interface UpkeepParts {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly scheduler: Scheduler;
  readonly fleet: Fleet;
  readonly tickets: TicketStream;
  readonly dispatcher: Dispatcher;
  readonly refused: RefusedJobs;
  readonly clock: Clock;
  readonly metrics: RouterMetrics;
  readonly unservedRetryMs: number;
  readonly load: Pick<LoadReport, "rejectedWhileIdle">;
}

/** What time does: workers fall silent, jobs run out, reservations go stale, breakers become half-open. */
export class Upkeep implements Part {
  readonly name = "upkeep";
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { mesh, clock } = this.#parts;
    mesh.onReconnect(() => this.#pardon());
    let lastMs = clock.nowMs();
    while (!stop.aborted) {
      if (clock.nowMs() - lastMs > GAP_MAX_MS) this.#pardon();
      lastMs = clock.nowMs();
      if (mesh.isConnected()) this.#tick(lastMs);
      await delay(INTERVAL_MS, stop);
    }
  }

  #tick(nowMs: number): void {
    const { scheduler, fleet, tickets, dispatcher, load, metrics } = this.#parts;
    fleet.expire();
    for (const { job, departure, wasQueued } of scheduler.removeOverdue(nowMs)) {
      const isLate = departure === "deadline_exceeded" && wasQueued;
      if (isLate && scheduler.canStart(job.model, job, nowMs)) load.rejectedWhileIdle();
      metrics.countDeparture(departure);
      dispatcher.withdraw(job);
      this.#remember(job, departure);
    }
    dispatcher.endOffers();
    // Not taken by anyone: perhaps the consumer is missing.
    for (const job of scheduler.releaseStale(nowMs)) tickets.serve(job.model, job.lane, true);
    for (const job of scheduler.untaken()) dispatcher.reconsider(job);
    dispatcher.pump();
  }

  #remember(job: WaitingJob, departure: Departure): void {
    const { refused, registry, unservedRetryMs } = this.#parts;
    if (departure === "unserved") {
      const isServed = registry.serversOf(job.model).size > 0;
      const refusal = isServed
        ? nobodyMayHave(job.model, job, unservedRetryMs)
        : modelUnserved(job.model, unservedRetryMs);
      refused.set(job.jobId, refusal);
    }
    if (departure === "deadline_exceeded") {
      const message = "no worker was free before the deadline";
      refused.set(job.jobId, { code: "deadline_exceeded", message, retryAfterMs: 0 });
    }
  }

  #pardon(): void {
    const { registry, scheduler, clock } = this.#parts;
    registry.extendLives(clock.nowMs());
    scheduler.extendTimeouts(clock.nowMs());
  }
}
