import type { Clock, Mesh } from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import { encode, MESSAGE_BYTES_MAX, PART_BYTES_MAX, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply, type Grant, GrantPart } from "@flock/proto/jobs";
import { isSealingKeyOf, type LeaseNames, sealWork } from "@flock/sealing";
import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { type ContentOpener, openedWith, PLAIN_OPENER } from "../content/content-opener.js";
import { privacyFor } from "../content/privacy.js";
import type { ActiveJob } from "./active-job.js";
import type { Granted } from "./lease-work.js";
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

interface Sealed {
  readonly work: NonNullable<Grant["work"]>;
  readonly opener: ContentOpener;
}

/** A key that a claim offers is its worker's own: who carries the claim could put another one in. */
function isOwnKey(claim: Claim): boolean {
  if (privacyFor(claim) === "plaintext") return true;
  return isSealingKeyOf(claim.workerId, claim.sealingKey, claim.sealingSignature);
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
    if (!isOwnKey(claim)) {
      mesh.dropped.drop("claim", "foreign_sealing_key", { workerId: claim.workerId });
      return refuse(ClaimRefusal.EXCLUDED);
    }
    const moment = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
    const granted = job.claim(claim, moment, router.isBlocked(claim.workerId));
    if (typeof granted === "number") return refuse(granted);
    this.#options.onGranted(job, granted.waitedMs);
    void this.#grant(msg, claim, job, granted);
  }

  async #grant(msg: Msg, claim: Claim, job: ActiveJob, { lease, work }: Granted): Promise<void> {
    const { mesh, router, clock } = this.#options;
    const { jobId, workerId, ackSubject } = claim;
    const { requesterId } = job;
    const { traceparent } = job.spec;
    const sealed = await this.#sealed(claim, { jobId, lease, workerId, requesterId }, work);
    router.granted(requesterId, { jobId, workerId, ackSubject, lease, traceparent });
    // It may have ended meanwhile.
    const isLive = job.holds(workerId, lease);
    if (sealed === undefined || !isLive) {
      this.#reply(msg, { $case: "refusal", value: ClaimRefusal.CANCELLED });
      if (isLive) job.breached(clock.nowMs());
      return;
    }
    this.#send(msg, job, lease, sealed.work);
    job.sent(sealed.opener);
    if (mesh.logger.isLevelEnabled("debug"))
      mesh.logger.debug({ jobId, workerId, lease, traceId: traceIdOf(traceparent) }, "lease granted");
  }

  /** The work as it travels, and how the answer will be read; undefined if the worker's key is none. */
  async #sealed(claim: Claim, names: LeaseNames, work: Uint8Array): Promise<Sealed | undefined> {
    if (privacyFor(claim) === "plaintext")
      return { work: { $case: "plaintext", value: work }, opener: PLAIN_OPENER };
    try {
      const { sealed, openers } = await sealWork(claim.sealingKey, names, work);
      return { work: { $case: "sealed", value: sealed }, opener: openedWith(openers) };
    } catch {
      this.#options.mesh.dropped.drop("claim", "bad_sealing_key", { workerId: claim.workerId });
      return undefined;
    }
  }

  #refuse(msg: Msg, claim: Claim, requesterId: string, refusal: ClaimRefusal): void {
    this.#reply(msg, { $case: "refusal", value: refusal });
    const { jobId, ackSubject } = claim;
    this.#options.router.retired(requesterId, { jobId, ackSubject, redeliver: REDELIVER.has(refusal) });
  }

  #reply(msg: Msg, result: ClaimReply["result"]): void {
    msg.respond(encode(ClaimReply, { version: PROTOCOL_VERSION, result }), ANSWER);
  }

  #send(msg: Msg, job: ActiveJob, lease: number, work: NonNullable<Grant["work"]>): void {
    const { jobId, traceparent } = job.spec;
    const whole = work.value;
    const value = {
      jobId,
      lease,
      traceparent,
      workBytesTotal: whole.length,
      work: { ...work, value: whole.subarray(0, PART_BYTES_MAX) },
    };
    this.#reply(msg, { $case: "grant", value });
    for (let index = 1; index * PART_BYTES_MAX < whole.length; index++) {
      const bytes = whole.subarray(index * PART_BYTES_MAX, (index + 1) * PART_BYTES_MAX);
      msg.respond(encode(GrantPart, { version: PROTOCOL_VERSION, jobId, lease, index, bytes }), ANSWER);
    }
  }
}

function answerHeaders(): { readonly headers: MsgHdrs } {
  const made = headers();
  made.set("Flock-Answer", "claim");
  return { headers: made };
}
