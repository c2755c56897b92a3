import type { Clock, Mesh } from "@flock/mesh";
import { MESSAGE_BYTES_MAX, SUBJECTS, WorkerReport } from "@flock/proto";
import type { Msg } from "@nats-io/nats-core";
import type { ActiveJob } from "./active-job.js";
import type { LeaseName, WorkerLink } from "./worker-link.js";

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
    const { mesh, workers, clock } = this.#options;
    const report = mesh.dropped.decode("report", WorkerReport, msg.data, MESSAGE_BYTES_MAX.workerReport);
    if (report === undefined) return;
    const workerId = SUBJECTS.workerOf(msg.subject);
    const nowMs = clock.nowMs();
    for (const chunk of report.chunks) {
      const job = this.#holderOf(requesterId, workerId, chunk);
      if (job !== undefined) job.chunk(chunk, nowMs);
      else workers.stopDead(requesterId, workerId, chunk);
    }
    for (const final of report.finals) this.#holderOf(requesterId, workerId, final)?.final(final, nowMs);
    for (const progress of report.progress) {
      const job = this.#holderOf(requesterId, workerId, progress);
      if (job !== undefined) job.heard(nowMs);
      else workers.stopDead(requesterId, workerId, progress);
    }
  }

  /** The job, if it is known at this address, and `workerId` holds its live lease. */
  #holderOf(requesterId: string, workerId: string, { jobId, lease }: LeaseName): ActiveJob | undefined {
    const job = this.#options.find(jobId);
    return job?.requesterId === requesterId && job.holds(workerId, lease) ? job : undefined;
  }
}
