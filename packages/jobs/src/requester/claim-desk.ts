import { type Clock, FloodWatch, type Mesh } from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import {
  decodeWire,
  encode,
  MESSAGE_BYTES_MAX,
  PART_BYTES_MAX,
  PROTOCOL_VERSION,
  SUBJECTS,
} from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply, type Grant, GrantPart } from "@flock/proto/jobs";
import { Offence } from "@flock/proto/workers";
import { type LeaseNames, sealWork } from "@flock/sealing";
import type { Msg } from "@nats-io/nats-core";
import { type ContentOpener, openedWith, PLAIN_OPENER } from "../content/content-opener.js";
import { privacyFor } from "../content/privacy.js";
import type { ActiveJob } from "./active-job.js";
import type { Complaints } from "./complaints.js";
import type { Granted } from "./lease-work.js";
import type { RouterLink } from "./router-link.js";
import { type KeyFault, type Signatory, WorkerKeys } from "./worker-keys.js";

/** Refusals after which another worker should get the ticket; after all others nobody needs it any more. */
const REDELIVER: ReadonlySet<ClaimRefusal> = new Set([
  ClaimRefusal.DECLINED,
  ClaimRefusal.EXCLUDED,
  ClaimRefusal.WRONG_MODEL,
]);

/** What a claim's keys can be wrong by without a worker's meaning it: time passes, and texts have versions. */
const MISTAKEN: ReadonlySet<KeyFault> = new Set(["lapsed_delegation", "malformed_delegation"]);
/**
 * Claims of one worker that are refused. Many jobs may have been given up at once whose tickets were out, and this
 * process may have slept for seconds.
 */
const REFUSED = { burst: 5_000, perSecond: 500 };
const WORKERS_MAX = 16_384;
/** Of a claim's digest, as it is told: as long as one is. */
const DIGEST_LENGTH_MAX = 64;

export interface ClaimDeskOptions {
  readonly mesh: Mesh;
  readonly router: RouterLink;
  readonly complaints: Complaints;
  isShutOut(workerId: string): boolean;
  /** It may have only jobs that name it. */
  isQuarantined(workerId: string): boolean;
  find(jobId: string): ActiveJob | undefined;
  readonly clock: Clock;
  /** A lease of the job was granted, after it had waited so long for a worker. */
  onGranted(job: ActiveJob, waitedMs: number): void;
}

interface Sealed {
  readonly work: NonNullable<Grant["work"]>;
  readonly opener: ContentOpener;
}

/** Answers workers' claims: grants the lease and sends the prompt, or says why not. */
export class ClaimDesk {
  readonly #options: ClaimDeskOptions;
  readonly #refused = new FloodWatch(REFUSED, WORKERS_MAX);

  constructor(options: ClaimDeskOptions) {
    this.#options = options;
  }

  /** Starts to listen at an address; returns how to stop. */
  listen(requesterId: string): () => void {
    // Of this address alone: a faster answer at another one would show that both belong together.
    const keys = new WorkerKeys();
    const subscription = this.#options.mesh.nats.subscribe(SUBJECTS.claimsOf(requesterId), {
      callback: (error, msg) => {
        if (!error) this.#onClaim(msg, requesterId, keys);
      },
    });
    return () => subscription.unsubscribe();
  }

  #onClaim(msg: Msg, requesterId: string, keys: WorkerKeys): void {
    const claim = this.#read(msg);
    if (claim === undefined) return;
    const { find, isShutOut, isQuarantined, router, clock } = this.#options;
    const refuse = (refusal: ClaimRefusal): void => this.#refuse(msg, claim, requesterId, refusal);
    if (claim.declined) return refuse(ClaimRefusal.DECLINED);
    if (isShutOut(claim.workerId)) return refuse(ClaimRefusal.EXCLUDED);
    const job = find(claim.jobId);
    // At another address the job is as unknown as anybody's: answers must not show which addresses belong together.
    if (job?.requesterId !== requesterId) return refuse(ClaimRefusal.UNKNOWN_JOB);
    if (isQuarantined(claim.workerId) && job.spec.onlyWorkerId !== claim.workerId)
      return refuse(ClaimRefusal.EXCLUDED);
    const moment = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
    const signatoryOf = (): Signatory | undefined => {
      const signatory = keys.signatoryOf(claim, moment.unixMs);
      return typeof signatory === "string" ? this.#onKeyFault(claim, signatory) : signatory;
    };
    const granted = job.claim(claim, signatoryOf, moment, router.isBlocked(claim.workerId));
    if (typeof granted !== "number") {
      this.#options.onGranted(job, granted.waitedMs);
      void this.#grant(msg, claim, job, granted);
      return;
    }
    if (granted === ClaimRefusal.WRONG_MODEL) this.#onWrongDigest(claim, job);
    refuse(granted);
  }

  /** The claim, if it is one of its sender's. */
  #read(msg: Msg): Claim | undefined {
    const { mesh, complaints, clock } = this.#options;
    // The subject's token is what NATS lets the sender use; the field inside is only a claim.
    const workerId = SUBJECTS.workerOf(msg.subject);
    const drop = (reason: string, offence?: Offence): undefined => {
      mesh.dropped.drop("claim", reason, { workerId, bytes: msg.data.length });
      if (offence !== undefined) complaints.offence(workerId, offence);
    };
    if (this.#refused.isBeyond(workerId, clock.nowMs())) return this.#countRefused(workerId);
    const decoded = decodeWire(Claim, msg.data, MESSAGE_BYTES_MAX.claim);
    if (!decoded.ok)
      return drop(decoded.reason, decoded.reason === "unknown_version" ? undefined : Offence.MALFORMED);
    if (decoded.message.workerId !== workerId) return drop("foreign_worker", Offence.OTHERS_NAME);
    return decoded.message;
  }

  #onKeyFault({ workerId }: Claim, fault: KeyFault): undefined {
    const { mesh, complaints } = this.#options;
    mesh.dropped.drop("claim", fault, { workerId });
    if (MISTAKEN.has(fault)) complaints.fault(workerId, { $case: "uselessDelegation", value: true });
    else complaints.offence(workerId, Offence.FORGED_KEY);
  }

  #onWrongDigest({ workerId, modelDigest }: Claim, { spec }: ActiveJob): void {
    const value = { model: spec.model, digest: modelDigest.slice(0, DIGEST_LENGTH_MAX) };
    this.#options.complaints.fault(workerId, { $case: "wrongDigest", value });
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
      if (isLive) job.takeFrom("unreadable", clock.nowMs());
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
      this.#options.complaints.offence(claim.workerId, Offence.FORGED_KEY);
      return undefined;
    }
  }

  #refuse(msg: Msg, claim: Claim, requesterId: string, refusal: ClaimRefusal): void {
    this.#reply(msg, { $case: "refusal", value: refusal });
    const { jobId, ackSubject, workerId } = claim;
    const redeliver = REDELIVER.has(refusal);
    this.#options.router.retired(requesterId, { jobId, ackSubject, redeliver, workerId });
    this.#countRefused(workerId);
  }

  #countRefused(workerId: string): undefined {
    const { mesh, complaints, clock } = this.#options;
    const counted = this.#refused.count(workerId, clock.nowMs());
    if (counted === "caught") complaints.offence(workerId, Offence.FLOOD);
    if (counted !== "within") mesh.dropped.drop("claim", "flood", { workerId });
  }

  #reply(msg: Msg, result: ClaimReply["result"]): void {
    msg.respond(encode(ClaimReply, { version: PROTOCOL_VERSION, result }));
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
      msg.respond(encode(GrantPart, { version: PROTOCOL_VERSION, jobId, lease, index, bytes }));
    }
  }
}
