import type { Clock, Mesh } from "@flock/mesh";
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
    const { mesh, router, clock } = this.#options;
    const claim = mesh.dropped.decode("claim", Claim, msg.data, MESSAGE_BYTES_MAX.claim);
    if (claim === undefined) return;
    // The subject's token is what NATS lets the sender use; the field inside is only a claim.
    if (claim.workerId !== SUBJECTS.workerOf(msg.subject))
      return mesh.dropped.drop("claim", "foreign_worker");
    const job = claim.declined ? undefined : this.#options.find(claim.jobId);
    if (job === undefined)
      return this.#refuse(msg, claim, claim.declined ? ClaimRefusal.DECLINED : ClaimRefusal.UNKNOWN_JOB);
    const moment = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
    const granted = job.claim(claim, moment, router.isBlocked(claim.workerId));
    if (typeof granted === "number") return this.#refuse(msg, claim, granted);
    const { lease, work, waitedMs } = granted;
    this.#options.onGranted(waitedMs);
    this.#grant(msg, claim.jobId, lease, work);
    const { jobId, workerId, ackSubject } = claim;
    router.granted({ jobId, workerId, ackSubject, lease });
  }

  #refuse(msg: Msg, claim: Claim, refusal: ClaimRefusal): void {
    const result = { $case: "refusal", value: refusal } as const;
    msg.respond(encode(ClaimReply, { version: PROTOCOL_VERSION, result }));
    const { jobId, ackSubject } = claim;
    this.#options.router.retired({ jobId, ackSubject, redeliver: REDELIVER.has(refusal) });
  }

  #grant(msg: Msg, jobId: string, lease: number, work: Uint8Array): void {
    const grant = {
      jobId,
      lease,
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
