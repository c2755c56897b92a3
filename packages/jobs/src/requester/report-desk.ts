import type { Clock, Mesh } from "@flock/mesh";
import { MESSAGE_BYTES_MAX, SUBJECTS } from "@flock/proto";
import { WorkerReport } from "@flock/proto/jobs";
import type { Msg } from "@nats-io/nats-core";
import type { ActiveJob } from "./active-job.js";
import type { WorkerLink } from "./worker-link.js";

export interface ReportDeskOptions {
  readonly mesh: Mesh;
  readonly workers: WorkerLink;
  readonly clock: Clock;
  find(jobId: string): ActiveJob | undefined;
}

/** Takes what workers report of their leases to the jobs that it is about. */
export class ReportDesk {
  readonly #options: ReportDeskOptions;

  constructor(options: ReportDeskOptions) {
    this.#options = options;
  }

  /** Starts to listen at an address; returns how to stop. */
  listen(requesterId: string): () => void {
    const subscription = this.#options.mesh.nats.subscribe(SUBJECTS.reportsOf(requesterId), {
      callback: (error, msg) => {
        if (!error) this.#onReport(msg, requesterId);
      },
    });
    return () => subscription.unsubscribe();
  }

  #onReport(msg: Msg, requesterId: string): void {
    const { mesh, clock } = this.#options;
    const report = mesh.dropped.decode("report", WorkerReport, msg.data, MESSAGE_BYTES_MAX.workerReport);
    if (report === undefined) return;
    const workerId = SUBJECTS.workerOf(msg.subject);
    const nowMs = clock.nowMs();
    for (const chunk of report.chunks)
      this.#liveLease(requesterId, workerId, chunk.jobId, chunk.lease)?.chunk(chunk, nowMs);
    for (const final of report.finals) {
      const job = this.#options.find(final.jobId);
      if (job?.requesterId === requesterId && job.holds(workerId, final.lease)) job.final(final, nowMs);
    }
    for (const { jobId, lease } of report.progress)
      this.#liveLease(requesterId, workerId, jobId, lease)?.heard(nowMs);
  }

  /**
   * The job, if it is known at this address and `workerId` holds its live lease; a worker that runs a dead one is told
   * to stop.
   */
  #liveLease(requesterId: string, workerId: string, jobId: string, lease: number): ActiveJob | undefined {
    const job = this.#options.find(jobId);
    if (job?.requesterId === requesterId && job.holds(workerId, lease)) return job;
    this.#options.workers.stopDead(requesterId, workerId, { jobId, lease });
    return undefined;
  }
}
