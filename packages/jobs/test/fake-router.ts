import { randomUUID } from "node:crypto";
import { ensureJobsStream, ensureTicketConsumer, jetstreamOf, type Mesh, method, serve } from "@flock/mesh";
import {
  encode,
  type JobFinished,
  JobUpdates,
  MESSAGE_BYTES_MAX,
  PROTOCOL_VERSION,
  parseAckSubject,
  type RouteRequest,
  STREAMS,
  SUBJECTS,
  Ticket,
  ticketConsumer,
} from "@flock/proto";
import { ROUTER_METHODS } from "../src/index.js";

export const MODEL = "fake:latest";
export const DIGEST = "ab".repeat(32);

/**
 * A fake router: publishes a ticket for every routed job at once, acknowledges what was granted. No queue, no registry.
 */
export class FakeRouter {
  readonly id = randomUUID();
  readonly requests: RouteRequest[] = [];
  readonly finished: JobFinished[] = [];
  renewals = 0;
  readonly #mesh: Mesh;
  readonly #stop = new AbortController();
  readonly #parts: Promise<void>[] = [];

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    mesh.onReconnect(() => void this.#ensureQueue());
  }

  async start(): Promise<void> {
    await this.#ensureQueue();
    const route = method(ROUTER_METHODS.route, async (request) => {
      this.requests.push(request);
      await this.#publishTicket(request);
      const accepted = {
        routerId: this.id,
        model: MODEL,
        modelDigest: DIGEST,
        queuePosition: 0,
        etaMs: 0,
        blockedWorkerIds: [],
      };
      return { version: PROTOCOL_VERSION, result: { $case: "accepted", value: accepted } } as const;
    });
    const renew = method(ROUTER_METHODS.renew, ({ jobIds }) => {
      this.renewals += 1;
      // Every waiting job is routed again: a fake has no memory of tickets.
      return { version: PROTOCOL_VERSION, unknownJobIds: jobIds, refused: [], blockedWorkerIds: [] };
    });
    this.#parts.push(serve(this.#mesh, "router", [route]).start(this.#stop.signal));
    this.#parts.push(serve(this.#mesh, "router", [renew], this.id).start(this.#stop.signal));
    this.#mesh.nats.subscribe(SUBJECTS.jobUpdates, {
      callback: (_error, msg) => this.#onUpdates(msg.data),
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#parts);
  }

  #onUpdates(data: Uint8Array): void {
    const updates = this.#mesh.dropped.decode("updates", JobUpdates, data, MESSAGE_BYTES_MAX.jobUpdates);
    const answer = (ackSubject: string, verb: string): void => {
      if (parseAckSubject(ackSubject) !== undefined) this.#mesh.nats.publish(ackSubject, verb);
    };
    for (const { ackSubject } of updates?.granted ?? []) answer(ackSubject, "+ACK");
    for (const { ackSubject, redeliver } of updates?.retired ?? [])
      answer(ackSubject, redeliver ? "-NAK" : "+ACK");
    this.finished.push(...(updates?.finished ?? []));
  }

  async #ensureQueue(): Promise<void> {
    await ensureJobsStream(this.#mesh);
    await ensureTicketConsumer(this.#mesh, ticketConsumer(MODEL), SUBJECTS.tickets(MODEL));
  }

  async #publishTicket(request: RouteRequest): Promise<void> {
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
    };
    await jetstreamOf(this.#mesh).publish(SUBJECTS.tickets(MODEL), encode(Ticket, ticket), {
      expect: { streamName: STREAMS.jobs },
    });
  }
}
