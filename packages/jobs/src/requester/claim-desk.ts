import type { Clock, Mesh } from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import {
  Claim,
  ClaimRefusal,
  ClaimReply,
  encode,
  GrantPart,
  MESSAGE_BYTES_MAX,
  PART_BYTES_MAX,
  PROTOCOL_VERSION,
  SUBJECTS,
} from "@flock/proto";
import type { Msg } from "@nats-io/nats-core";
import type { ActiveJob } from "./active-job.js";
import type { RouterLink } from "./router-link.js";

/** Refusals after which another worker should get the ticket; after all others nobody needs it any more. */
const REDELIVER: ReadonlySet<ClaimRefusal> = new Set([
  ClaimRefusal.DECLINED,
  ClaimRefusal.EXCLUDED,
  ClaimRefusal.WRONG_MODEL,
]);

export interface ClaimDeskOptions {
  readonly mesh: Mesh;
  readonly requesterId: string;
  readonly router: RouterLink;
  find(jobId: string): ActiveJob | undefined;
  readonly clock: Clock;
  /** A lease was granted, after its job had waited so long for a worker. */
  onGranted(waitedMs: number): void;
}

/** Answers workers' claims: grants the lease and sends the prompt, or says why not. */
export class ClaimDesk {
  readonly #options: ClaimDeskOptions;

  constructor(options: ClaimDeskOptions) {
    this.#options = options;
  }

  /** Starts to listen; returns how to stop. */
  open(): () => void {
    const { mesh, requesterId } = this.#options;
    const subscription = mesh.nats.subscribe(SUBJECTS.claimsOf(requesterId), {
      callback: (error, msg) => {
        if (!error) this.#onClaim(msg);
      },
    });
    return () => subscription.unsubscribe();
  }

  #onClaim(msg: Msg): void {
    const { mesh, router } = this.#options;
    const claim = mesh.dropped.decode("claim", Claim, msg.data, MESSAGE_BYTES_MAX.claim);
    if (claim === undefined) return;
    // The subject's token is what NATS lets the sender use; the field inside is only a claim.
    if (claim.workerId !== SUBJECTS.workerOf(msg.subject))
      return mesh.dropped.drop("claim", "foreign_worker");
    const nowMs = this.#options.clock.nowMs();
    const job = this.#options.find(claim.jobId);
    const refusal = this.#refusal(claim, job, nowMs);
    if (job === undefined || refusal !== undefined) {
      return this.#refuse(msg, claim, refusal ?? ClaimRefusal.UNKNOWN_JOB);
    }
    const claimed = job.state.claim(claim.workerId, nowMs);
    if (typeof claimed === "number") return this.#refuse(msg, claim, claimed);
    this.#options.onGranted(nowMs - job.waitingSinceMs);
    job.grantedAtMs = nowMs;
    job.lastReportMs = nowMs;
    job.lastChunkMs = nowMs;
    job.routeAtMs = undefined;
    this.#grant(msg, job, claimed.lease, job.work(claimed.resume));
    const { jobId, workerId, ackSubject } = claim;
    const { traceparent } = job.spec;
    router.granted({ jobId, workerId, ackSubject, lease: claimed.lease, traceparent });
    if (mesh.logger.isLevelEnabled("debug"))
      mesh.logger.debug(
        { jobId, workerId, lease: claimed.lease, traceId: traceIdOf(traceparent) },
        "lease granted",
      );
  }

  #refusal(claim: Claim, job: ActiveJob | undefined, nowMs: number): ClaimRefusal | undefined {
    if (claim.declined) return ClaimRefusal.DECLINED;
    if (job === undefined) return ClaimRefusal.UNKNOWN_JOB;
    if (job.ending !== undefined) return ClaimRefusal.CANCELLED;
    if (this.#options.clock.unixMs() > job.spec.deadlineUnixMs) return ClaimRefusal.EXPIRED;
    if (claim.modelDigest !== job.spec.modelDigest) return ClaimRefusal.WRONG_MODEL;
    const isRefused =
      this.#options.router.isBlocked(claim.workerId) || job.state.isExcluded(claim.workerId, nowMs);
    return isRefused ? ClaimRefusal.EXCLUDED : undefined;
  }

  #refuse(msg: Msg, claim: Claim, refusal: ClaimRefusal): void {
    const result = { $case: "refusal", value: refusal } as const;
    msg.respond(encode(ClaimReply, { version: PROTOCOL_VERSION, result }));
    const { jobId, ackSubject } = claim;
    this.#options.router.retired({ jobId, ackSubject, redeliver: REDELIVER.has(refusal) });
  }

  #grant(msg: Msg, job: ActiveJob, lease: number, work: Uint8Array): void {
    const { jobId, traceparent } = job.spec;
    const grant = {
      jobId,
      lease,
      traceparent,
      workBytesTotal: work.length,
      work: { $case: "plaintext", value: work.subarray(0, PART_BYTES_MAX) } as const,
    };
    const result = { $case: "grant", value: grant } as const;
    msg.respond(encode(ClaimReply, { version: PROTOCOL_VERSION, result }));
    for (let index = 1; index * PART_BYTES_MAX < work.length; index++) {
      const bytes = work.subarray(index * PART_BYTES_MAX, (index + 1) * PART_BYTES_MAX);
      msg.respond(encode(GrantPart, { version: PROTOCOL_VERSION, jobId, lease, index, bytes }));
    }
  }
}
