import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  ensureJobsStream,
  ensureTicketConsumer,
  jetstreamOf,
  type Mesh,
  manager,
  method,
  serve,
  signedBy,
  TICKET_PURPOSE,
} from "@flock/mesh";
import { meshSigner, passPullsOn } from "@flock/ports";
import {
  canonicalModelName,
  encode,
  isSubjectToken,
  MESSAGE_BYTES_MAX,
  PROTOCOL_VERSION,
  parseAckSubject,
  STREAMS,
  SUBJECTS,
  ticketConsumer,
} from "@flock/proto";
import { Outcome, Ticket } from "@flock/proto/jobs";
import {
  type JobFinished,
  JobUpdates,
  ROUTER,
  type RouteReply,
  type RouteRequest,
} from "@flock/proto/router";

export const MODEL = "fake:latest";
export const DIGEST = "ab".repeat(32);

/** After these the job as a whole is over. */
const ENDS_JOB: ReadonlySet<Outcome> = new Set([Outcome.COMPLETED, Outcome.CANCELLED, Outcome.REFUSED]);

/** A job that waits for a worker: its ticket is out. */
interface WaitingJob {
  readonly request: RouteRequest;
  /** Of the ticket in the stream. */
  readonly sequence: number;
}

/**
 * A fake router, held to the same contract as the real one: publishes a ticket for every routed job at once, and
 * acknowledges what was granted. It has no queue, and knows no workers.
 */
export class FakeRouter {
  readonly id = randomUUID();
  readonly requests: RouteRequest[] = [];
  readonly finished: JobFinished[] = [];
  renewals = 0;
  readonly #mesh: Mesh;
  readonly #waiting = new Map<string, WaitingJob>();
  readonly #stop = new AbortController();
  readonly #parts: Promise<void>[] = [];

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    mesh.onReconnect(() => {
      // The tickets are gone with the server's memory: who renews a job is told that it is unknown.
      this.#waiting.clear();
      void this.#ensureQueue();
    });
  }

  async start(): Promise<void> {
    await this.#ensureQueue();
    const route = method(ROUTER.route, (request) => {
      this.requests.push(request);
      return this.#route(request);
    });
    const renew = method(ROUTER.renew, ({ requesterId, jobIds }) => {
      this.renewals += 1;
      const unknownJobIds = jobIds.filter((jobId) => this.#jobOf(jobId, requesterId) === undefined);
      return { version: PROTOCOL_VERSION, unknownJobIds, refused: [], blockedWorkerIds: [] };
    });
    this.#parts.push(serve(this.#mesh, "router", [route]).start(this.#stop.signal));
    this.#parts.push(serve(this.#mesh, "router", [renew], this.id).start(this.#stop.signal));
    passPullsOn(this.#mesh, ticketConsumer(MODEL));
    this.#mesh.nats.subscribe(SUBJECTS.jobUpdates, {
      callback: (_error, msg) => this.#onUpdates(msg.data),
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#parts);
  }

  async #route(request: RouteRequest): Promise<RouteReply> {
    const known = this.#waiting.get(request.jobId);
    const code = refusalOf(request, known);
    if (code !== undefined) {
      const value = { code, message: "the fake router refuses it", retryAfterMs: 0 };
      return { version: PROTOCOL_VERSION, result: { $case: "refused", value } };
    }
    // A ticket says whom it is not for, so one is made anew when that changes.
    if (
      known === undefined ||
      !isDeepStrictEqual(known.request.excludedWorkerIds, request.excludedWorkerIds)
    ) {
      if (known !== undefined) await this.#withdraw(known);
      this.#waiting.set(request.jobId, { request, sequence: await this.#publishTicket(request) });
    }
    const value = {
      routerId: this.id,
      model: MODEL,
      modelDigest: DIGEST,
      queuePosition: 0,
      etaMs: 0,
      blockedWorkerIds: [],
    };
    return { version: PROTOCOL_VERSION, result: { $case: "accepted", value } };
  }

  #jobOf(jobId: string, requesterId: string): WaitingJob | undefined {
    const job = this.#waiting.get(jobId);
    return job?.request.requesterId === requesterId ? job : undefined;
  }

  #onUpdates(data: Uint8Array): void {
    const updates = this.#mesh.dropped.decode("updates", JobUpdates, data, MESSAGE_BYTES_MAX.jobUpdates);
    if (updates === undefined) return;
    const { requesterId } = updates;
    for (const { jobId, ackSubject } of updates.granted) this.#answer(jobId, requesterId, ackSubject, false);
    for (const { jobId, ackSubject, redeliver } of updates.retired)
      this.#answer(jobId, requesterId, ackSubject, redeliver);
    for (const { jobId, lease, outcome } of updates.finished) {
      const job = this.#jobOf(jobId, requesterId);
      if (job !== undefined && (lease === 0 || ENDS_JOB.has(outcome))) void this.#withdraw(job);
    }
    this.finished.push(...updates.finished);
  }

  /** Puts the ticket back, if it is the job's own one; else it is acknowledged, and the job waits no more. */
  #answer(jobId: string, requesterId: string, ackSubject: string, isPutBack: boolean): void {
    const named = parseAckSubject(ackSubject);
    if (named === undefined) return;
    const isOwn = this.#jobOf(jobId, requesterId)?.sequence === named.streamSequence;
    this.#mesh.nats.publish(ackSubject, isPutBack && isOwn ? "-NAK" : "+ACK");
    if (isOwn && !isPutBack) this.#waiting.delete(jobId);
  }

  async #withdraw({ request, sequence }: WaitingJob): Promise<void> {
    this.#waiting.delete(request.jobId);
    const { streams } = await manager(this.#mesh);
    // Its acknowledgement may have been faster.
    await streams.deleteMessage(STREAMS.jobs, sequence).catch(() => {});
  }

  async #ensureQueue(): Promise<void> {
    await ensureJobsStream(this.#mesh);
    await ensureTicketConsumer(this.#mesh, ticketConsumer(MODEL), SUBJECTS.tickets(MODEL));
  }

  async #publishTicket(request: RouteRequest): Promise<number> {
    const ticket: Ticket = {
      version: PROTOCOL_VERSION,
      jobId: request.jobId,
      requesterId: request.requesterId,
      model: MODEL,
      modelDigest: DIGEST,
      deadlineUnixMs: request.deadlineUnixMs,
      excludedWorkerIds: [...request.barredWorkerIds, ...request.excludedWorkerIds],
      onlyWorkerId: request.onlyWorkerId,
      traceparent: "",
      queuedMs: 0,
      isForBridged: false,
    };
    const message = encode(Ticket, ticket);
    const { seq } = await jetstreamOf(this.#mesh).publish(SUBJECTS.tickets(MODEL), message, {
      expect: { streamName: STREAMS.jobs },
      headers: signedBy(meshSigner, TICKET_PURPOSE, message),
    });
    return seq;
  }
}

/** @param known The job of that id that waits. */
function refusalOf(request: RouteRequest, known: WaitingJob | undefined): string | undefined {
  const { jobId, requesterId, accountId, model, deadlineUnixMs } = request;
  if (!isSubjectToken(jobId) || !isSubjectToken(requesterId) || accountId === "") return "invalid_argument";
  if (deadlineUnixMs <= Date.now()) return "deadline_exceeded";
  if (canonicalModelName(model) !== MODEL) return "not_found";
  return known === undefined || known.request.requesterId === requesterId ? undefined : "invalid_argument";
}
