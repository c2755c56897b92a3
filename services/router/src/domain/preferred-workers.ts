import type { Registry } from "./registry.js";
import type { Recipients, WaitingJob } from "./waiting-job.js";

/** How long a ticket is for the preferred worker alone. */
const OFFER_MAX_MS = 1_000;

/**
 * Jobs that prefer a worker. A preference is a wish: it never keeps a job from running, and hardly delays it.
 *
 * - The worker is free: the ticket names it, and is open to all when it was not taken for {@link OFFER_MAX_MS}.
 * - The worker is busy: the job waits for it until its `holdsOutUntilMs`, and then goes to any.
 * - The worker does not serve the model now, or may not have the job: the job is like any other.
 */
export class PreferredWorkers {
  readonly #offerMaxMs: number;

  /** @param reservationMaxMs After that a worker counts as one that ignores tickets; offers end before. */
  constructor(
    private readonly registry: Pick<Registry, "find" | "serversOf">,
    reservationMaxMs: number,
  ) {
    this.#offerMaxMs = Math.min(OFFER_MAX_MS, reservationMaxMs / 2);
  }

  /** Whom the job is for at this moment: the one that it prefers, or all that may have it, and then that is `job`. */
  recipientsOf(job: WaitingJob, nowMs: number): Recipients {
    const { preferredWorkerId } = job;
    const worker = preferredWorkerId === undefined ? undefined : this.registry.find(preferredWorkerId);
    if (worker === undefined || !this.registry.serversOf(job.model).has(worker)) return job;
    if (!job.mayGoTo(worker) || worker.capacity(nowMs) === 0) return job;
    if (nowMs >= job.holdsOutUntilMs && !worker.hasFreeSlot(nowMs)) return job;
    return { mayGoTo: ({ workerId }) => workerId === preferredWorkerId };
  }

  /** Ends the offer that the job's ticket is, if it has lasted too long; true if so. */
  endOffer(job: WaitingJob, nowMs: number): boolean {
    // A publication that is not confirmed is looked at again when it is.
    if (job.offeredTo === undefined || job.unconfirmed > 0) return false;
    if (nowMs - job.publishedAtMs <= this.#offerMaxMs) return false;
    job.offeredTo = undefined;
    job.preferredWorkerId = undefined;
    return true;
  }
}
