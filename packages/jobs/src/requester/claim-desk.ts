import type { Clock, Mesh } from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import { encode, MESSAGE_BYTES_MAX, PART_BYTES_MAX, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply, GrantPart } from "@flock/proto/jobs";
import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import type { ActiveJob } from "./active-job.js";
import { privacyLabelOf } from "./lease-work.js";
import type { RouterLink } from "./router-link.js";

/** Refusals after which another worker should get the ticket; after all others nobody needs it any more. */
const REDELIVER: ReadonlySet<ClaimRefusal> = new Set([
  ClaimRefusal.DECLINED,
  ClaimRefusal.EXCLUDED,
  ClaimRefusal.WRONG_MODEL,
]);

/**
 * Every answer to a claim has a header, and no command has one. A worker can have the answer to its claim sent to the
 * subject of another worker's commands: there it is seen to be none.
 */
const ANSWER = answerHeaders();

export interface ClaimDeskOptions {
  readonly mesh: Mesh;
  readonly router: RouterLink;
  find(jobId: string): ActiveJob | undefined;
  readonly clock: Clock;
  /** A lease of the job was granted, after it had waited so long for a worker. */
  onGranted(job: ActiveJob, waitedMs: number): void;
}

/** Answers workers' claims: grants the lease and sends the prompt, or says why not. */
export class ClaimDesk {
  readonly #options: ClaimDeskOptions;

  constructor(options: ClaimDeskOptions) {
    this.#options = options;
  }

  /** Starts to listen at an address; returns how to stop. */
  listen(requesterId: string): () => void {
    const subscription = this.#options.mesh.nats.subscribe(SUBJECTS.claimsOf(requesterId), {
      callback: (error, msg) => {
        if (!error) this.#onClaim(msg, requesterId);
      },
    });
    return () => subscription.unsubscribe();
  }

  #onClaim(msg: Msg, requesterId: string): void {
    const { mesh, router, clock } = this.#options;
    const claim = mesh.dropped.decode("claim", Claim, msg.data, MESSAGE_BYTES_MAX.claim);
    if (claim === undefined) return;
    // The subject's token is what NATS lets the sender use; the field inside is only a claim.
    if (claim.workerId !== SUBJECTS.workerOf(msg.subject))
      return mesh.dropped.drop("claim", "foreign_worker");
    const refuse = (refusal: ClaimRefusal): void => this.#refuse(msg, claim, requesterId, refusal);
    if (claim.declined) return refuse(ClaimRefusal.DECLINED);
    const job = this.#options.find(claim.jobId);
    // At another address the job is as unknown as anybody's: answers must not show which addresses belong together.
    if (job?.requesterId !== requesterId) return refuse(ClaimRefusal.UNKNOWN_JOB);
    const moment = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
    const granted = job.claim(claim, moment, router.isBlocked(claim.workerId));
    if (typeof granted === "number") return refuse(granted);
    const { lease, work, waitedMs } = granted;
    this.#options.onGranted(job, waitedMs);
    this.#grant(msg, job, lease, work);
    const { jobId, workerId, ackSubject } = claim;
    const { traceparent } = job.spec;
    router.granted(requesterId, { jobId, workerId, ackSubject, lease, traceparent });
    if (mesh.logger.isLevelEnabled("debug"))
      mesh.logger.debug({ jobId, workerId, lease, traceId: traceIdOf(traceparent) }, "lease granted");
  }

  #refuse(msg: Msg, claim: Claim, requesterId: string, refusal: ClaimRefusal): void {
    const result = { $case: "refusal", value: refusal } as const;
    msg.respond(encode(ClaimReply, { version: PROTOCOL_VERSION, result }), ANSWER);
    const { jobId, ackSubject } = claim;
    this.#options.router.retired(requesterId, { jobId, ackSubject, redeliver: REDELIVER.has(refusal) });
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
    msg.respond(encode(ClaimReply, { version: PROTOCOL_VERSION, result }), ANSWER);
    job.sent(privacyLabelOf(grant.work));
    for (let index = 1; index * PART_BYTES_MAX < work.length; index++) {
      const bytes = work.subarray(index * PART_BYTES_MAX, (index + 1) * PART_BYTES_MAX);
      msg.respond(encode(GrantPart, { version: PROTOCOL_VERSION, jobId, lease, index, bytes }), ANSWER);
    }
  }
}

function answerHeaders(): { readonly headers: MsgHdrs } {
  const made = headers();
  made.set("Flock-Answer", "claim");
  return { headers: made };
}
