import { LRUCache } from "lru-cache";
import type { ActiveJob } from "./active-job.js";
import type { LeaseName } from "./worker-link.js";

/** Ended jobs that are remembered: those of the last minutes. */
const ENDED_MAX = 16_384;
/** Leases and workers that are counted at the same time. */
const COUNTED_MAX = 16_384;
/**
 * How often within a minute, once a second at most, a worker may be told to stop a lease and go on. Who was frozen, or
 * cut off, is late once. Who hears it for the tenth time does not want to hear it.
 */
const TOLD_MAX = 10;
/** The same for all leases of a worker together that nobody here remembers: it may have had many. */
const TOLD_OF_UNKNOWN_MAX = 30;
const MINUTE_MS = 60_000;

/** A lease, who reports of it, and where. */
export interface ReportedLease extends LeaseName {
  readonly requesterId: string;
  readonly workerId: string;
}

interface Tellings {
  sinceMs: number;
  lastMs: number;
  count: number;
}

/** Who had the leases of a job, in order, and the number of the last one. */
type Holders = Pick<ActiveJob, "workerIds" | "lease">;

/**
 * What is known of leases that do not live (any more), and who goes on with them. A report of one proves nothing by
 * itself: it may be late. Two things no honest worker does: to report of a lease that another one had, and to go on
 * with one however often it is told to stop.
 */
export class DeadLeases {
  /** By address and job. */
  readonly #ended = new LRUCache<string, Holders>({ max: ENDED_MAX });
  readonly #told = new LRUCache<string, Tellings>({ max: COUNTED_MAX });

  /** Remembers who had the leases of a job that has ended. */
  ended({ requesterId, spec, workerIds, lease }: Holders & Pick<ActiveJob, "requesterId" | "spec">): void {
    if (workerIds.length > 0) this.#ended.set(`${requesterId} ${spec.jobId}`, { workerIds, lease });
  }

  /** Whether the lease is known, and the worker never had it. `job`: that of this address, if it has not ended. */
  isOthers({ requesterId, workerId, jobId, lease }: ReportedLease, job: ActiveJob | undefined): boolean {
    const holders = job ?? this.#ended.get(`${requesterId} ${jobId}`);
    if (holders === undefined) return false;
    const { workerIds, lease: last } = holders;
    return workerIds[workerIds.length - 1 - (last - lease)] !== workerId;
  }

  /** The worker was told to stop the lease; true: it was told too often already. */
  told(
    { requesterId, workerId, jobId, lease }: ReportedLease,
    job: ActiveJob | undefined,
    nowMs: number,
  ): boolean {
    const isKnown = job !== undefined || this.#ended.has(`${requesterId} ${jobId}`);
    const what = isKnown ? `${requesterId} ${jobId} ${lease}` : "unknown";
    return this.#count(`${workerId} ${what}`, nowMs) > (isKnown ? TOLD_MAX : TOLD_OF_UNKNOWN_MAX);
  }

  /** How often within a minute; 0 if it was told in this very second. */
  #count(key: string, nowMs: number): number {
    const known = this.#told.get(key);
    if (known === undefined || nowMs - known.sinceMs > MINUTE_MS) {
      this.#told.set(key, { sinceMs: nowMs, lastMs: nowMs, count: 1 });
      return 1;
    }
    if (nowMs - known.lastMs < 1_000) return 0;
    known.lastMs = nowMs;
    known.count += 1;
    return known.count;
  }
}
