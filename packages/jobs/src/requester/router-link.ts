import { FlockError, isFlockErrorCode } from "@flock/errors";
import { call, type Mesh, Outbox } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import {
  type JobFinished,
  type JobGranted,
  JobUpdates,
  ROUTER,
  type RouteRefused,
  type RouteRequest,
  type TicketRetired,
} from "@flock/proto/router";

/** A router that keeps a job's place, and how long it expects the job to wait. */
export interface RoutedTo {
  readonly routerId: string;
  readonly etaMs: number;
}

/** What the router says of a job that is to be run. */
export type Routed =
  | ({ readonly kind: "accepted" } & RoutedTo)
  | { readonly kind: "refused"; readonly error: FlockError };

/** What became of a ticket or a lease of the requester at some address. */
type Update = { readonly requesterId: string } & (
  | { readonly kind: "granted"; readonly value: JobGranted }
  | { readonly kind: "retired"; readonly value: TicketRetired }
  | { readonly kind: "finished"; readonly value: JobFinished }
);

/** Renewed jobs per call, so that the message stays far below its bound. */
const RENEWALS_MAX = 2_000;

function refusal(refused: RouteRefused): FlockError {
  const code = isFlockErrorCode(refused.code) ? refused.code : "unavailable";
  const retry = refused.retryAfterMs > 0 ? { retry: { afterMs: refused.retryAfterMs } } : {};
  return new FlockError(code, refused.message || "the router refused the job", retry);
}

/** The requester's side of its talk with the routers: routing, renewals, and what became of tickets. */
export class RouterLink {
  readonly #mesh: Mesh;
  readonly #updates: Outbox<Update>;
  #blocked: ReadonlySet<string> = new Set();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#updates = new Outbox((updates) => this.#send(updates));
  }

  /** True if the router last said that this worker's breaker is open: its claims are refused. */
  isBlocked(workerId: string): boolean {
    return this.#blocked.has(workerId);
  }

  /**
   * Asks for a place in the queue, or renews it. Throws `unavailable` or `deadline_exceeded` when no router answers.
   */
  async route(request: Omit<RouteRequest, "version">, traceparent: string): Promise<Routed> {
    const versioned = { version: PROTOCOL_VERSION, ...request };
    const reply = await call(this.#mesh, ROUTER.route, versioned, { traceparent });
    if (reply.result?.$case === "accepted") {
      this.#blocked = new Set(reply.result.value.blockedWorkerIds);
      const { routerId, etaMs } = reply.result.value;
      return { kind: "accepted", routerId, etaMs };
    }
    if (reply.result?.$case === "refused") return { kind: "refused", error: refusal(reply.result.value) };
    throw new FlockError("internal", "the router sent an empty answer");
  }

  /**
   * Says that these jobs still wait. Returns those that the router does not know (they must be routed again) and those
   * that it gave up. A router that does not answer knows none.
   */
  async renew(
    routerId: string,
    requesterId: string,
    jobIds: readonly string[],
  ): Promise<{ unknown: readonly string[]; refused: readonly { jobId: string; error: FlockError }[] }> {
    const unknown: string[] = [];
    const refused: { jobId: string; error: FlockError }[] = [];
    for (let from = 0; from < jobIds.length; from += RENEWALS_MAX) {
      const part = jobIds.slice(from, from + RENEWALS_MAX);
      const request = { version: PROTOCOL_VERSION, requesterId, jobIds: part };
      try {
        const reply = await call(this.#mesh, ROUTER.renew, request, { instance: routerId });
        this.#blocked = new Set(reply.blockedWorkerIds);
        unknown.push(...reply.unknownJobIds);
        for (const { jobId, refusal: why } of reply.refused)
          if (why) refused.push({ jobId, error: refusal(why) });
      } catch {
        unknown.push(...part);
      }
    }
    return { unknown, refused };
  }

  granted(requesterId: string, value: JobGranted): void {
    this.#updates.add({ requesterId, kind: "granted", value });
  }

  retired(requesterId: string, value: TicketRetired): void {
    this.#updates.add({ requesterId, kind: "retired", value });
  }

  finished(requesterId: string, value: JobFinished): void {
    this.#updates.add({ requesterId, kind: "finished", value });
  }

  /** Sends what is still collected. */
  flush(): void {
    this.#updates.flush();
  }

  /** One message for each address, in order. */
  #send(updates: readonly Update[]): void {
    const messages = new Map<string, JobUpdates>();
    for (const update of updates) {
      const { requesterId } = update;
      let message = messages.get(requesterId);
      if (message === undefined) {
        message = { version: PROTOCOL_VERSION, requesterId, granted: [], retired: [], finished: [] };
        messages.set(requesterId, message);
      }
      if (update.kind === "granted") message.granted.push(update.value);
      else if (update.kind === "retired") message.retired.push(update.value);
      else message.finished.push(update.value);
    }
    for (const message of messages.values())
      this.#mesh.nats.publish(SUBJECTS.jobUpdates, encode(JobUpdates, message));
  }
}
