import { type Clock, FloodWatch, type Mesh } from "@flock/mesh";
import { decodeWire, MESSAGE_BYTES_MAX, REPORT_ITEMS_MAX, SUBJECTS } from "@flock/proto";
import { WorkerReport } from "@flock/proto/jobs";
import { Offence } from "@flock/proto/workers";
import type { Msg } from "@nats-io/nats-core";
import type { ActiveJob } from "./active-job.js";
import type { Complaints } from "./complaints.js";
import type { DeadLeases } from "./dead-leases.js";
import type { LeaseName, WorkerLink } from "./worker-link.js";

/**
 * Reports of one worker without a word of an answer. One of 1 200 quiet leases sends 24 a second to say that they live,
 * since a report has up to 128 of them; this process may have slept for a while, and reads them all at once.
 */
const USELESS = { burst: 10_000, perSecond: 1_000 };
const WORKERS_MAX = 16_384;

export interface ReportDeskOptions {
  readonly mesh: Mesh;
  readonly workers: WorkerLink;
  readonly complaints: Complaints;
  readonly dead: DeadLeases;
  readonly clock: Clock;
  find(jobId: string): ActiveJob | undefined;
  isShutOut(workerId: string): boolean;
}

/** Takes what workers report of their leases to the jobs that it is about. */
export class ReportDesk {
  readonly #options: ReportDeskOptions;
  readonly #useless = new FloodWatch(USELESS, WORKERS_MAX);

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
    const { mesh, complaints, clock, isShutOut } = this.#options;
    const workerId = SUBJECTS.workerOf(msg.subject);
    const nowMs = clock.nowMs();
    if (isShutOut(workerId)) return mesh.dropped.drop("report", "shut_out", { workerId });
    // Not even read: who floods is not owed that.
    if (this.#useless.isBeyond(workerId, nowMs)) return this.#countUseless(workerId, nowMs);
    const decoded = decodeWire(WorkerReport, msg.data, MESSAGE_BYTES_MAX.workerReport);
    if (!decoded.ok) {
      // Larger ones do not cross the border: such a one is a bridge's, and its bridge is ours.
      if (decoded.reason === "malformed") complaints.offence(workerId, Offence.MALFORMED);
      mesh.dropped.drop("report", decoded.reason, { workerId, bytes: msg.data.length });
      return this.#countUseless(workerId, nowMs);
    }
    const { chunks, finals, progress } = decoded.message;
    if (chunks.length + finals.length + progress.length > REPORT_ITEMS_MAX) {
      complaints.offence(workerId, Offence.MALFORMED);
      return mesh.dropped.drop("report", "too_many_items", { workerId });
    }
    if (!this.#take(decoded.message, { requesterId, workerId }, nowMs)) this.#countUseless(workerId, nowMs);
  }

  /** False if there was no word of a live lease's answer in it. */
  #take(
    { chunks, finals, progress }: WorkerReport,
    from: { readonly requesterId: string; readonly workerId: string },
    nowMs: number,
  ): boolean {
    let isUseful = false;
    for (const chunk of chunks) {
      const job = this.#liveLease(from, chunk, nowMs);
      job?.chunk(chunk, nowMs);
      isUseful ||= job !== undefined;
    }
    for (const final of finals) {
      const job = this.#liveLease(from, final, nowMs, "it has ended anyway");
      job?.final(final, nowMs);
      isUseful ||= job !== undefined;
    }
    for (const name of progress) this.#liveLease(from, name, nowMs)?.heard(nowMs);
    return isUseful;
  }

  /**
   * The job, if it is known at this address and `workerId` holds its live lease. A worker that runs a dead one is told
   * to stop, unless its run has ended.
   */
  #liveLease(
    { requesterId, workerId }: { readonly requesterId: string; readonly workerId: string },
    { jobId, lease }: LeaseName,
    nowMs: number,
    ended?: "it has ended anyway",
  ): ActiveJob | undefined {
    const { find, workers, dead, complaints } = this.#options;
    const known = find(jobId);
    // At another address the job is as unknown as anybody's.
    const job = known?.requesterId === requesterId ? known : undefined;
    if (job?.holds(workerId, lease)) return job;
    const reported = { requesterId, workerId, jobId, lease };
    if (dead.isOthers(reported, job)) complaints.offence(workerId, Offence.OTHERS_LEASE);
    else if (ended === undefined && workers.stopDead(requesterId, workerId, { jobId, lease }))
      if (dead.told(reported, job, nowMs)) complaints.offence(workerId, Offence.RUNS_ON);
    return undefined;
  }

  #countUseless(workerId: string, nowMs: number): void {
    const { mesh, complaints } = this.#options;
    const counted = this.#useless.count(workerId, nowMs);
    if (counted === "caught") complaints.offence(workerId, Offence.FLOOD);
    if (counted !== "within") mesh.dropped.drop("report", "flood", { workerId });
  }
}
