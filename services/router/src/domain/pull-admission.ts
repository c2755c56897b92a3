import { type BucketSize, type ShutOutView, TokenBucket } from "@flock/mesh";
import { modelOfConsumer } from "@flock/proto";
import { LRUCache } from "lru-cache";
import type { Registry } from "./registry.js";

/*
 * Which pulls reach JetStream. Whoever pulls is known by the subject of its pull, and is free to be a liar.
 *
 * A pull has no state here. It is one of:
 * - `passed`: JetStream answers it, with a ticket or when it has waited for PULL_WAIT_MS;
 * - `refused`: its worker is told why, and when to try again;
 * - `ignored`: more was refused to its worker than is worth an answer.
 *
 * Nobody here sees a ticket delivered, nor a pull withdrawn. So what is bounded is what is passed. Of each worker and
 * consumer, with n slots (at most SLOTS_MAX) and c jobs that it may have at once (at most CLAIMS_MAX): `2 n + 4 + c` at
 * once, and `2 n + 2` a second. Each lease that it is granted gives one back to each of its consumers: with its slot an
 * honest worker loses a pull of each, and makes it anew when the job has ended. Where many jobs wait, it is given c
 * tickets before any of their grants is told of here. So there wait at most `12 n + 14 + c` pulls, and one for each job
 * of the last PULL_WAIT_MS.
 */

/** A worker keeps no more pulls of a model waiting, however many slots it has. */
const SLOTS_MAX = 16;
/** Claims of one worker that are on their way at once. */
const CLAIMS_MAX = 128;
/** Refusals that one worker is told of: many at first, because it may pull for many models before it is known. */
const ANSWERS: BucketSize = { burst: 512, perSecond: 128 };

/** What ends by itself at any moment: a heartbeat comes, a model is described, the stream is restored. */
const SOON_MS = 200;
/** What an operator has to end. */
const BANNED_MS = 60_000;
/** Of a worker that is quarantined: a job that names it may come at any moment. */
const QUARANTINED_MS = 1_000;
/** Of a worker that is cut off for long: an operator may forgive it earlier. */
const CUT_OFF_MS_MAX = 600_000;

/** Why a pull is refused, and the status that its worker is told, as those of JetStream. */
export const REFUSALS = {
  quarantined: { status: 403, description: "Worker Quarantined" },
  not_ready: { status: 503, description: "Tickets Not Ready" },
  banned: { status: 403, description: "Worker Banned" },
  convicted: { status: 403, description: "Worker Convicted" },
  cut_off: { status: 403, description: "Worker Cut Off" },
  unknown_worker: { status: 503, description: "Worker Not Heard Yet" },
  breaker_open: { status: 403, description: "Worker Held Off" },
  not_taking: { status: 403, description: "Worker Takes No Jobs" },
  other_model: { status: 403, description: "Worker Not Admitted For Model" },
  too_many: { status: 429, description: "Too Many Pulls" },
} as const;

export type PullRefusal = keyof typeof REFUSALS;

export type PullVerdict =
  | { readonly kind: "passed" }
  | { readonly kind: "refused"; readonly reason: PullRefusal; readonly retryAfterMs: number }
  | { readonly kind: "ignored"; readonly reason: PullRefusal };

export interface PullAdmissionOptions {
  readonly registry: Pick<Registry, "find">;
  readonly shutOut: Pick<ShutOutView, "isBanned" | "isConvicted" | "cutOffForMs">;
  /** Whether a job of the model waits that only this worker may have. */
  hasJobNaming(workerId: string, model: string): boolean;
  /** Whether the consumer is there to be asked. */
  hasConsumer(name: string): boolean;
  /** Workers that are remembered: as many as there may be. */
  readonly workersMax: number;
}

/** What one worker has left, known or not. It belongs to its identity: no reconnection gives it more. */
class Allowance {
  readonly answers = new TokenBucket();
  readonly pulls = new Map<string, TokenBucket>();

  /** The bucket of a consumer that the worker may pull from. */
  bucketOf(consumer: string, size: BucketSize, nowMs: number): TokenBucket {
    const known = this.pulls.get(consumer);
    if (known !== undefined) return known;
    // A full one says nothing: those of models that it no longer has are forgotten.
    for (const [name, bucket] of this.pulls)
      if (bucket.level(size, nowMs) >= size.burst) this.pulls.delete(name);
    const fresh = new TokenBucket();
    this.pulls.set(consumer, fresh);
    return fresh;
  }
}

/** Decides about pulls, see above. */
export class PullAdmission {
  readonly #options: PullAdmissionOptions;
  readonly #allowances: LRUCache<string, Allowance>;

  constructor(options: PullAdmissionOptions) {
    this.#options = options;
    this.#allowances = new LRUCache({ max: options.workersMax });
  }

  decide(workerId: string, consumer: string, nowMs: number): PullVerdict {
    const allowance = this.#allowances.get(workerId) ?? new Allowance();
    this.#allowances.set(workerId, allowance);
    const refusal = this.#refusal(workerId, consumer, allowance, nowMs);
    if (refusal === undefined) return { kind: "passed" };
    const { reason } = refusal;
    if (allowance.answers.take(ANSWERS, nowMs) > 0) return { kind: "ignored", reason };
    return { kind: "refused", reason, retryAfterMs: Math.ceil(refusal.retryAfterMs) };
  }

  /** The worker was granted a lease. */
  granted(workerId: string): void {
    for (const bucket of this.#allowances.peek(workerId)?.pulls.values() ?? []) bucket.giveBack();
  }

  #refusal(
    workerId: string,
    consumer: string,
    allowance: Allowance,
    nowMs: number,
  ): { readonly reason: PullRefusal; readonly retryAfterMs: number } | undefined {
    const { registry, shutOut, hasConsumer, hasJobNaming } = this.#options;
    if (shutOut.isBanned(workerId)) return { reason: "banned", retryAfterMs: BANNED_MS };
    if (shutOut.isConvicted(workerId)) return { reason: "convicted", retryAfterMs: BANNED_MS };
    const cutOffMs = shutOut.cutOffForMs(workerId);
    if (cutOffMs > 0) return { reason: "cut_off", retryAfterMs: Math.min(cutOffMs, CUT_OFF_MS_MAX) };
    const worker = registry.find(workerId);
    if (worker === undefined) return { reason: "unknown_worker", retryAfterMs: SOON_MS };
    const openForMs = worker.breaker.openForMs(nowMs);
    if (openForMs > 0) return { reason: "breaker_open", retryAfterMs: openForMs };
    const capacity = worker.capacity(nowMs);
    if (capacity === 0) return { reason: "not_taking", retryAfterMs: SOON_MS };
    const named = modelOfConsumer(consumer);
    if (named === undefined || named.lane !== worker.lane || !worker.admitted.has(named.model))
      return { reason: "other_model", retryAfterMs: SOON_MS };
    // Whoever takes a ticket from the consumer takes whichever is first: others' jobs must not wait for its claim.
    if (worker.isQuarantined && !hasJobNaming(workerId, named.model))
      return { reason: "quarantined", retryAfterMs: QUARANTINED_MS };
    if (!hasConsumer(consumer)) return { reason: "not_ready", retryAfterMs: SOON_MS };
    const slots = Math.min(worker.slotCount, SLOTS_MAX);
    const size = { burst: 2 * slots + 4 + Math.min(capacity, CLAIMS_MAX), perSecond: 2 * slots + 2 };
    const waitMs = allowance.bucketOf(consumer, size, nowMs).take(size, nowMs);
    return waitMs === 0 ? undefined : { reason: "too_many", retryAfterMs: waitMs };
  }
}
