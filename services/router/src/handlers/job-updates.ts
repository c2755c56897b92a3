import type { Clock, Mesh } from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import { MESSAGE_BYTES_MAX, SUBJECTS } from "@flock/proto";
import { Outcome } from "@flock/proto/jobs";
import { type JobFinished, type JobGranted, JobUpdates, type TicketRetired } from "@flock/proto/router";
import type { Msg } from "@nats-io/nats-core";
import type { Acknowledger } from "../acknowledger.js";
import type { Dispatcher } from "../dispatcher.js";
import { readAckSubject } from "../domain/ack-subject.js";
import type { PullAdmission } from "../domain/pull-admission.js";
import type { LeaseOutcome, Registry } from "../domain/registry.js";
import type { Scheduler } from "../domain/scheduler.js";
import type { ServiceTimes } from "../domain/service-times.js";
import type { WaitingJob } from "../domain/waiting-job.js";
import { leaseKey } from "../domain/worker-slots.js";
import type { Fleet } from "../fleet.js";
import type { IdleWatch } from "../idle-watch.js";
import type { RouterMetrics } from "../metrics.js";

export interface JobUpdatesParts {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly scheduler: Scheduler;
  readonly fleet: Fleet;
  readonly dispatcher: Dispatcher;
  readonly acknowledger: Acknowledger;
  readonly pulls: PullAdmission;
  readonly idle: Pick<IdleWatch, "took">;
  readonly serviceTimes: ServiceTimes;
  readonly clock: Clock;
  readonly metrics: RouterMetrics;
}

/** Outcomes after which the job as a whole is over. */
const ENDS_JOB: ReadonlySet<Outcome> = new Set([Outcome.COMPLETED, Outcome.CANCELLED, Outcome.REFUSED]);

/** More than a job has leases. */
const FAILED_WORKERS_MAX = 64;

function leaseOutcomeOf({ outcome, lost }: JobFinished): LeaseOutcome | undefined {
  if (outcome === Outcome.FAILED) return lost ? "lost" : "failed";
  // The worker did its part too when the engine refused the request. A cancelled or returned job proves nothing, nor
  // does one that was lost with the connection to NATS (which its requester calls returned).
  return outcome === Outcome.COMPLETED || outcome === Outcome.REFUSED ? "succeeded" : undefined;
}

/** Takes what requesters publish on `router.jobs`: grants, retired tickets, ends of leases. */
export class JobUpdatesReceiver {
  readonly #parts: JobUpdatesParts;

  constructor(parts: JobUpdatesParts) {
    this.#parts = parts;
  }

  receive(msg: Msg): void {
    const { mesh, dispatcher } = this.#parts;
    const updates = mesh.dropped.decode(
      SUBJECTS.jobUpdates,
      JobUpdates,
      msg.data,
      MESSAGE_BYTES_MAX.jobUpdates,
    );
    if (updates === undefined) return;
    const { requesterId } = updates;
    for (const granted of updates.granted) this.#grant(granted, this.#jobOf(granted.jobId, requesterId));
    for (const retired of updates.retired) this.#retire(retired, this.#jobOf(retired.jobId, requesterId));
    for (const finished of updates.finished) this.#finish(finished, this.#jobOf(finished.jobId, requesterId));
    dispatcher.pump();
  }

  #tell({ jobId, lease, workerId, traceparent }: JobGranted | JobFinished, what: string): void {
    const { logger } = this.#parts.mesh;
    if (!logger.isLevelEnabled("debug")) return;
    logger.debug({ jobId, lease, workerId, traceId: traceIdOf(traceparent) }, what);
  }

  #jobOf(jobId: string, requesterId: string): WaitingJob | undefined {
    const job = this.#parts.scheduler.find(jobId);
    return job?.requesterId === requesterId ? job : undefined;
  }

  #grant(granted: JobGranted, job: WaitingJob | undefined): void {
    const { registry, dispatcher, acknowledger, pulls, idle, clock, metrics } = this.#parts;
    const { jobId, lease, workerId, ackSubject } = granted;
    this.#tell(granted, "lease granted");
    const nowMs = clock.nowMs();
    const worker = registry.find(workerId);
    registry.trustOf(workerId).granted(leaseKey(jobId, lease), nowMs);
    if (worker !== undefined) {
      worker.slots.grant(jobId, lease, { model: job?.model }, nowMs);
      if (job !== undefined) idle.took(job.model, workerId);
      worker.isIgnoringTickets = false;
      pulls.granted(workerId);
    }
    const sequence = readAckSubject(ackSubject)?.sequence;
    // A grant that was made before the job was routed again: the job still waits for its next worker.
    const isOver = sequence !== undefined && job?.isSpent(sequence) === true;
    acknowledger.settle(jobId, job, { ackSubject, verb: "ack" }, workerId);
    if (job === undefined || isOver) return;
    metrics.recordWait(nowMs - job.enqueuedAtMs);
    dispatcher.withdraw(job);
  }

  #retire({ jobId, ackSubject, redeliver, workerId }: TicketRetired, job: WaitingJob | undefined): void {
    const { dispatcher, acknowledger, metrics } = this.#parts;
    const sequence = readAckSubject(ackSubject)?.sequence;
    const isLatest = sequence !== undefined && sequence === job?.latestSequence;
    acknowledger.settle(jobId, job, { ackSubject, verb: redeliver ? "put-back" : "ack" }, workerId);
    // Nobody needs the job, says its requester. If that was about an older ticket, the job has a newer one.
    if (redeliver || !isLatest || job?.phase !== "ticketed") return;
    metrics.countDeparture("retired");
    dispatcher.withdraw(job);
  }

  #finish(finished: JobFinished, job: WaitingJob | undefined): void {
    const { registry, fleet, dispatcher, serviceTimes, clock, metrics } = this.#parts;
    const { jobId, lease, workerId, outcome, serviceMs } = finished;
    this.#tell(finished, lease > 0 ? "lease ended" : "job given up");
    if (lease > 0) {
      const facts = registry.find(workerId)?.slots.end(jobId, lease, clock.nowMs());
      if (facts?.model !== undefined && outcome === Outcome.COMPLETED)
        serviceTimes.record(facts.model, serviceMs);
      registry.trustOf(workerId).ended(leaseKey(jobId, lease));
      const leaseOutcome = leaseOutcomeOf(finished);
      if (leaseOutcome !== undefined) fleet.judge(workerId, leaseOutcome, leaseKey(jobId, lease));
    }
    for (const failedId of finished.failedWorkerIds.slice(0, FAILED_WORKERS_MAX))
      fleet.judge(failedId, "failed");
    if (job === undefined || (lease > 0 && !ENDS_JOB.has(outcome))) return;
    metrics.countDeparture("given_up");
    dispatcher.withdraw(job);
  }
}
