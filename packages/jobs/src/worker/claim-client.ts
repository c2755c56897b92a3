import type { Signer } from "@flock/keys";
import type { Mesh } from "@flock/mesh";
import {
  encode,
  isSubjectToken,
  MESSAGE_BYTES_MAX,
  PROTOCOL_VERSION,
  SUBJECTS,
  WORK_BYTES_MAX,
} from "@flock/proto";
import { Claim, ClaimReply, type Delegation, GrantPart, Work } from "@flock/proto/jobs";
import { OfferedPair, openWork, type SealingPair } from "@flock/sealing";
import type { Msg, Subscription } from "@nats-io/nats-core";
import { type ContentSealer, PLAIN_SEALER, sealedTo } from "../content/content-sealer.js";

/** A requester that does not answer a claim for this long is gone; the ticket comes back to the queue by itself. */
const CLAIM_TIMEOUT_MS = 1_000;
/** Large prompts come in parts; each part may take this long. */
const PART_TIMEOUT_MS = 5_000;

export interface ClaimRequest {
  readonly jobId: string;
  readonly requesterId: string;
  readonly ackSubject: string;
  readonly modelDigest: string;
  /** As the ticket says. */
  readonly queuedMs: number;
}

export type ClaimResult =
  | {
      readonly kind: "granted";
      readonly lease: number;
      readonly work: Work;
      /** How the answer is to be put. */
      readonly sealer: ContentSealer;
      /** W3C trace context of the job; not checked. */
      readonly traceparent: string;
    }
  /** The requester has no use for us; it took care of the ticket. */
  | { readonly kind: "refused" }
  | { readonly kind: "unanswered" };

const NO_BYTES = new Uint8Array();

interface Pending {
  readonly jobId: string;
  readonly requesterId: string;
  /** Undefined: it offers none. */
  readonly pair: SealingPair | undefined;
  readonly settle: (result: ClaimResult) => void;
  timer: NodeJS.Timeout;
  lease: number;
  traceparent: string;
  isSealed: boolean;
  bytesTotal: number;
  received: Uint8Array[];
  bytesReceived: number;
}

/** Who claims. */
export interface Claimant {
  readonly workerId: string;
  readonly delegation: (() => Delegation) | undefined;
  /** Signs the keys that it offers prompts to be sealed to; undefined: it offers none. */
  readonly pairSigner: Pick<Signer, "sign"> | undefined;
}

/** Claims jobs from their requesters and puts grants together. */
export class ClaimClient {
  readonly #mesh: Mesh;
  readonly #workerId: string;
  readonly #delegation: Claimant["delegation"];
  readonly #offered: OfferedPair | undefined;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #pending = new Map<string, Pending>();
  #next = 0;

  constructor(mesh: Mesh, { workerId, delegation, pairSigner }: Claimant) {
    this.#mesh = mesh;
    this.#workerId = workerId;
    this.#delegation = delegation;
    this.#offered = pairSigner && new OfferedPair(pairSigner);
    this.#inbox = mesh.newInbox();
    this.#subscription = mesh.nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => {
        if (!error) this.#onMessage(msg);
      },
    });
  }

  /** Asks for the job; settles when it is granted whole, refused, or nobody answers. */
  claim(request: ClaimRequest): Promise<ClaimResult> {
    return new Promise((resolve) => {
      const token = String(this.#next++);
      const settle = (result: ClaimResult): void => {
        clearTimeout(pending.timer);
        this.#pending.delete(token);
        resolve(result);
      };
      const pending: Pending = {
        jobId: request.jobId,
        requesterId: request.requesterId,
        pair: this.#offered?.get(),
        settle,
        timer: setTimeout(() => settle({ kind: "unanswered" }), CLAIM_TIMEOUT_MS),
        lease: 0,
        traceparent: "",
        isSealed: false,
        bytesTotal: 0,
        received: [],
        bytesReceived: 0,
      };
      this.#pending.set(token, pending);
      this.#publish(request, `${this.#inbox}.${token}`, pending.pair);
    });
  }

  /** Gives a ticket back that this worker cannot use. */
  decline(request: ClaimRequest): void {
    this.#publish(request, `${this.#inbox}.declined`, "declined");
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#offered?.forget();
    for (const pending of this.#pending.values()) pending.settle({ kind: "unanswered" });
  }

  #publish(request: ClaimRequest, reply: string, offer: SealingPair | undefined | "declined"): void {
    const { jobId, ackSubject, modelDigest, queuedMs, requesterId } = request;
    if (!isSubjectToken(requesterId)) return;
    const workerId = this.#workerId;
    const declined = offer === "declined";
    const { publicKey = NO_BYTES, signature = NO_BYTES } = declined ? {} : (offer ?? {});
    const claim = {
      version: PROTOCOL_VERSION,
      jobId,
      workerId,
      ackSubject,
      modelDigest,
      sealingKey: publicKey,
      sealingSignature: signature,
      declined,
      queuedMs,
      // To give a ticket back takes no key.
      delegation: declined ? undefined : this.#delegation?.(),
    };
    this.#mesh.nats.publish(SUBJECTS.claim(workerId, requesterId), encode(Claim, claim), { reply });
  }

  #onMessage(msg: Msg): void {
    const token = msg.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    if (msg.headers?.code === 503) return pending.settle({ kind: "unanswered" });
    if (pending.lease === 0) this.#onReply(pending, msg.data);
    else this.#onPart(pending, msg.data);
  }

  #onReply(pending: Pending, data: Uint8Array): void {
    const reply = this.#mesh.dropped.decode("claim reply", ClaimReply, data, MESSAGE_BYTES_MAX.grant);
    if (reply === undefined) return;
    if (reply.result?.$case !== "grant") return pending.settle({ kind: "refused" });
    const grant = reply.result.value;
    if (grant.jobId !== pending.jobId || grant.lease === 0) return;
    if (grant.work === undefined || grant.workBytesTotal > WORK_BYTES_MAX)
      return pending.settle({ kind: "refused" });
    pending.isSealed = grant.work.$case === "sealed";
    pending.lease = grant.lease;
    pending.traceparent = grant.traceparent;
    pending.bytesTotal = grant.workBytesTotal;
    this.#add(pending, grant.work.value);
  }

  #onPart(pending: Pending, data: Uint8Array): void {
    const part = this.#mesh.dropped.decode("grant part", GrantPart, data, MESSAGE_BYTES_MAX.grant);
    if (part === undefined || part.jobId !== pending.jobId || part.lease !== pending.lease) return;
    // A lost part cannot be asked for again; the requester will miss our progress and grant another lease.
    if (part.index !== pending.received.length) return pending.settle({ kind: "unanswered" });
    this.#add(pending, part.bytes);
  }

  #add(pending: Pending, bytes: Uint8Array): void {
    pending.received.push(bytes);
    pending.bytesReceived += bytes.length;
    if (pending.bytesReceived < pending.bytesTotal) {
      clearTimeout(pending.timer);
      pending.timer = setTimeout(() => pending.settle({ kind: "unanswered" }), PART_TIMEOUT_MS);
      return;
    }
    clearTimeout(pending.timer);
    void this.#opened(pending).then(pending.settle);
  }

  async #opened({
    jobId,
    requesterId,
    lease,
    traceparent,
    pair,
    isSealed,
    received,
  }: Pending): Promise<ClaimResult> {
    const bytes = received.length === 1 && received[0] !== undefined ? received[0] : Buffer.concat(received);
    const names = { jobId, lease, workerId: this.#workerId, requesterId };
    const opened = isSealed ? pair && (await openWork(pair, names, bytes)) : { work: bytes };
    const work = opened && decodeWork(opened.work);
    if (opened === undefined || work === undefined) {
      this.#mesh.dropped.drop("grant", "unreadable", { jobId });
      return { kind: "refused" };
    }
    const sealer = "sealers" in opened ? sealedTo(opened.sealers) : PLAIN_SEALER;
    return { kind: "granted", lease, traceparent, work, sealer };
  }
}

function decodeWork(bytes: Uint8Array): Work | undefined {
  try {
    return Work.decode(bytes);
  } catch {
    return undefined;
  }
}
