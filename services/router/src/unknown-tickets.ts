import { type Clock, type Mesh, type Part, Wake } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { isConsumerOf, type NamedTicket } from "./domain/ack-subject.js";
import type { RouterMetrics } from "./metrics.js";
import type { TicketStream } from "./ticket-stream.js";

/** Time for the router that published the ticket to acknowledge it itself, milliseconds. */
const OWNER_FIRST_MS = 250;
const PACE_MS = 100;
/** Tickets looked at per {@link PACE_MS}, and kept waiting. What is more comes back after its ack wait. */
const PER_PACE = 20;
const WAITING_MAX = 500;

interface UnknownTicket extends NamedTicket {
  readonly jobId: string;
  readonly ackSubject: string;
  readonly dueAtMs: number;
}

/**
 * Acknowledges tickets that this router did not publish, or does not remember: those of a router that is gone. Whether
 * the acknowledgement subject is the job's is seen from the ticket in the stream, after a delay: if its own router is
 * alive, the ticket is acknowledged by then, and there is nothing to do.
 */
export class UnknownTickets implements Part {
  readonly name = "unknown tickets";
  readonly #waiting: UnknownTicket[] = [];
  readonly #wake = new Wake();

  constructor(
    private readonly mesh: Mesh,
    private readonly tickets: TicketStream,
    private readonly clock: Clock,
    private readonly metrics: RouterMetrics,
  ) {}

  add(jobId: string, named: NamedTicket, ackSubject: string): void {
    if (this.#waiting.length >= WAITING_MAX) return;
    this.#waiting.push({ ...named, jobId, ackSubject, dueAtMs: this.clock.nowMs() + OWNER_FIRST_MS });
    this.#wake.call();
  }

  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const nowMs = this.clock.nowMs();
      for (let looked = 0; looked < PER_PACE && (this.#waiting[0]?.dueAtMs ?? nowMs + 1) <= nowMs; looked++) {
        const ticket = this.#waiting.shift();
        if (ticket !== undefined) await this.#acknowledge(ticket);
      }
      if (this.#waiting.length === 0) await this.#wake.wait(stop);
      await this.#wake.wait(stop, PACE_MS);
    }
  }

  async #acknowledge(unknown: UnknownTicket): Promise<void> {
    try {
      const ticket = await this.tickets.read(unknown.sequence);
      if (ticket === undefined) return;
      if (ticket.jobId !== unknown.jobId || !isConsumerOf(ticket.model, unknown.consumer)) {
        this.metrics.countAck("forged");
        this.mesh.dropped.drop(SUBJECTS.jobUpdates, "forged_ack", { jobId: unknown.jobId.slice(0, 128) });
        return;
      }
      this.tickets.acknowledge(unknown.ackSubject);
      this.metrics.countAck("verified");
    } catch (error) {
      // It comes back after its ack wait, and then here again.
      this.mesh.logger.debug({ err: error, jobId: unknown.jobId }, "unknown ticket not looked at");
    }
  }
}
