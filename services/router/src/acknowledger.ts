import type { Mesh } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { Offence } from "@flock/proto/workers";
import { isConsumerOf, type NamedTicket, readAckSubject } from "./domain/ack-subject.js";
import type { HeldAck, WaitingJob } from "./domain/waiting-job.js";
import type { RouterMetrics } from "./metrics.js";
import type { OffenceRecords } from "./offence-records.js";
import type { TicketStream } from "./ticket-stream.js";
import type { UnknownTickets } from "./unknown-tickets.js";

const HELD_MAX = 8;
const PUT_BACK_DELAY_MIN_MS = 25;
const PUT_BACK_DELAY_MAX_MS = 500;

export interface AcknowledgerParts {
  readonly mesh: Mesh;
  readonly tickets: TicketStream;
  readonly unknown: UnknownTickets;
  readonly offences: OffenceRecords;
  readonly metrics: RouterMetrics;
}

/**
 * Acknowledges tickets for workers, who have no right to. A worker hands in the reply subject of the delivery, so it is
 * believed only if it names stream JOBS, the consumer of the job's model and a sequence that this router's publication
 * of that very job returned. Anything else is left to {@link UnknownTickets}, which looks the ticket up.
 */
export class Acknowledger {
  constructor(private readonly parts: AcknowledgerParts) {}

  /**
   * Acknowledges the ticket or puts it back. `job` is the waiting job of that id, if there is one; the ticket was
   * handed in by `workerId`.
   */
  settle(jobId: string, job: WaitingJob | undefined, ack: HeldAck, workerId: string): void {
    const { mesh, metrics, offences } = this.parts;
    const named = readAckSubject(ack.ackSubject);
    if (named === undefined || (job !== undefined && !isConsumerOf(job.model, named.consumer))) {
      metrics.countAck("forged");
      mesh.dropped.drop(SUBJECTS.jobUpdates, "forged_ack", { jobId: jobId.slice(0, 128), workerId });
      offences.add(workerId, Offence.FORGED_TICKET);
      return;
    }
    this.#settleNamed(jobId, job, named, ack);
  }

  #settleNamed(
    jobId: string,
    job: WaitingJob | undefined,
    named: NamedTicket,
    { ackSubject, verb }: HeldAck,
  ): void {
    if (job?.sequences.includes(named.sequence)) this.#settle(job, ackSubject, named.sequence, verb);
    else if (job !== undefined && job.unconfirmed > 0 && job.heldAcks.length < HELD_MAX)
      job.heldAcks.push({ ackSubject, verb });
    else if (verb === "ack") this.parts.unknown.add(jobId, named, ackSubject);
  }

  /** The publication has returned its sequence: settles what had come before it. */
  settleHeld(job: WaitingJob): void {
    const held = job.heldAcks;
    job.heldAcks = [];
    for (const ack of held) {
      const named = readAckSubject(ack.ackSubject);
      if (named !== undefined) this.#settleNamed(job.jobId, job, named, ack);
    }
  }

  #settle(job: WaitingJob, ackSubject: string, sequence: number, verb: HeldAck["verb"]): void {
    if (verb === "ack") {
      job.dropSequence(sequence);
      this.parts.tickets.acknowledge(ackSubject);
      this.parts.metrics.countAck("own");
      return;
    }
    // At once the first time; then ever later, so that a worker that declines it again and again does not spin.
    const delayMs = job.putBacks === 0 ? 0 : PUT_BACK_DELAY_MIN_MS * 2 ** Math.min(job.putBacks - 1, 10);
    job.putBacks += 1;
    this.parts.tickets.putBack(ackSubject, Math.min(delayMs, PUT_BACK_DELAY_MAX_MS));
    this.parts.metrics.countAck("put_back");
  }
}
