import type { Mesh } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { isConsumerOf, readAckSubject } from "./domain/ack-subject.js";
import type { HeldAck, WaitingJob } from "./domain/waiting-job.js";
import type { RouterMetrics } from "./metrics.js";
import type { TicketStream } from "./ticket-stream.js";
import type { UnknownTickets } from "./unknown-tickets.js";

const HELD_MAX = 8;
const PUT_BACK_DELAY_MIN_MS = 25;
const PUT_BACK_DELAY_MAX_MS = 500;

/**
 * Acknowledges tickets for workers, who have no right to. A worker hands in the reply subject of the delivery, so it is
 * believed only if it names stream JOBS, the consumer of the job's model and a sequence that this router's publication
 * of that very job returned. Anything else is left to {@link UnknownTickets}, which looks the ticket up.
 */
export class Acknowledger {
  constructor(
    private readonly mesh: Mesh,
    private readonly tickets: TicketStream,
    private readonly unknown: UnknownTickets,
    private readonly metrics: RouterMetrics,
  ) {}

  /** Acknowledges the ticket or puts it back. `job` is the waiting job of that id, if there is one. */
  settle(jobId: string, job: WaitingJob | undefined, { ackSubject, verb }: HeldAck): void {
    const named = readAckSubject(ackSubject);
    if (named === undefined || (job !== undefined && !isConsumerOf(job.model, named.consumer))) {
      this.metrics.countAck("forged");
      this.mesh.dropped.drop(SUBJECTS.jobUpdates, "forged_ack", { jobId: jobId.slice(0, 128) });
      return;
    }
    if (job?.sequences.includes(named.sequence)) this.#settle(job, ackSubject, named.sequence, verb);
    else if (job !== undefined && job.unconfirmed > 0 && job.heldAcks.length < HELD_MAX)
      job.heldAcks.push({ ackSubject, verb });
    else if (verb === "ack") this.unknown.add(jobId, named, ackSubject);
  }

  /** The publication has returned its sequence: settles what had come before it. */
  settleHeld(job: WaitingJob): void {
    const held = job.heldAcks;
    job.heldAcks = [];
    for (const ack of held) this.settle(job.jobId, job, ack);
  }

  #settle(job: WaitingJob, ackSubject: string, sequence: number, verb: HeldAck["verb"]): void {
    if (verb === "ack") {
      job.dropSequence(sequence);
      this.tickets.acknowledge(ackSubject);
      this.metrics.countAck("own");
      return;
    }
    // At once the first time; then ever later, so that a worker that declines it again and again does not spin.
    const delayMs = job.putBacks === 0 ? 0 : PUT_BACK_DELAY_MIN_MS * 2 ** Math.min(job.putBacks - 1, 10);
    job.putBacks += 1;
    this.tickets.putBack(ackSubject, Math.min(delayMs, PUT_BACK_DELAY_MAX_MS));
    this.metrics.countAck("put_back");
  }
}
