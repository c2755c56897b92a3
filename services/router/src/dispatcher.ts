import type { Clock, Mesh } from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import { PROTOCOL_VERSION } from "@flock/proto";
import { Ticket } from "@flock/proto/jobs";
import type { Acknowledger } from "./acknowledger.js";
import type { CatalogueKeeper } from "./catalogue-keeper.js";
import type { Registry } from "./domain/registry.js";
import type { Scheduler } from "./domain/scheduler.js";
import type { WaitingJob } from "./domain/waiting-job.js";
import type { RouterMetrics } from "./metrics.js";
import type { Restoration, TicketStream } from "./ticket-stream.js";

export interface DispatcherParts {
  readonly mesh: Mesh;
  readonly scheduler: Scheduler;
  readonly registry: Registry;
  readonly tickets: TicketStream;
  readonly acknowledger: Acknowledger;
  readonly catalogue: CatalogueKeeper;
  readonly clock: Clock;
  readonly metrics: RouterMetrics;
}

/** Turns the scheduler's decisions into tickets in the stream, and keeps them true when the stream is not. */
export class Dispatcher {
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    parts.tickets.onRestored((restoration) => this.#onRestored(restoration));
  }

  /** False while no ticket can be published: jobs wait then, whatever is free. */
  get isOpen(): boolean {
    return this.#parts.tickets.isReady;
  }

  /** Publishes a ticket for every job that can start now, of one model or of all. Cheap when there is none. */
  pump(model?: string): void {
    const { scheduler, clock } = this.#parts;
    if (!this.isOpen) return;
    for (const job of scheduler.start(clock.nowMs(), model)) void this.#publish(job);
  }

  /** The job is granted, given up or refused: nobody needs the tickets that are still out for it. */
  withdraw(job: WaitingJob): void {
    this.#parts.scheduler.remove(job);
    for (const sequence of job.sequences) void this.#parts.tickets.withdraw(sequence);
  }

  /** A worker has failed the job since its ticket went out: it needs a new one. */
  restart(job: WaitingJob): void {
    job.spendSequences();
    job.isReturning = true;
    this.#parts.scheduler.enqueue(job, this.#parts.clock.nowMs());
  }

  /** Opens tickets to all that the workers whom they name have not taken. What those still do with them counts. */
  endOffers(): void {
    const { scheduler, tickets, clock } = this.#parts;
    for (const job of scheduler.endOffers(clock.nowMs())) {
      for (const sequence of job.sequences) void tickets.withdraw(sequence);
      scheduler.enqueue(job, clock.nowMs());
    }
  }

  /**
   * Nobody takes the job's ticket. If a worker of the other lane is free, the ticket is withdrawn and goes there.
   * One that is being taken at this moment is granted all the same: its sequence is remembered.
   */
  reconsider(job: WaitingJob): void {
    const { scheduler, registry, tickets, clock } = this.#parts;
    const free = registry.freeServerOf(job.model, job, clock.nowMs());
    if (free === undefined || free.lane === job.lane) return;
    for (const sequence of job.sequences) void tickets.withdraw(sequence);
    scheduler.enqueue(job, clock.nowMs());
  }

  /**
   * Makes sure that the job's ticket is still in the stream (it is lost with nats-server's memory), and publishes
   * another if it is not.
   */
  async revive(job: WaitingJob): Promise<void> {
    const { scheduler, tickets, clock, mesh } = this.#parts;
    const sequence = job.latestSequence;
    if (!tickets.isReady || sequence === undefined) return;
    // Not asked again before the next such while has passed.
    job.publishedAtMs = clock.nowMs();
    try {
      const ticket = await tickets.read(sequence);
      if (ticket?.jobId === job.jobId || job.phase !== "ticketed" || job.latestSequence !== sequence) return;
    } catch (error) {
      mesh.logger.warn({ err: error, jobId: job.jobId }, "ticket not looked up");
      tickets.doubt();
      return;
    }
    job.dropSequence(sequence);
    scheduler.enqueue(job, clock.nowMs());
    this.pump(job.model);
  }

  async #publish(job: WaitingJob): Promise<void> {
    const { scheduler, tickets, acknowledger, catalogue, clock, metrics, mesh } = this.#parts;
    job.attempt += 1;
    job.publishedAtMs = clock.nowMs();
    job.unconfirmed += 1;
    const { attempt } = job;
    const ticket = Ticket.fromPartial({
      version: PROTOCOL_VERSION,
      jobId: job.jobId,
      requesterId: job.requesterId,
      model: job.model,
      modelDigest: catalogue.pinOf(job.model)?.digest ?? "",
      deadlineUnixMs: Math.round(clock.unixMs() + job.deadlineMs - clock.nowMs()),
      excludedWorkerIds: [...new Set([...job.barred, ...job.excluded])],
      onlyWorkerId: job.onlyWorkerId ?? job.offeredTo ?? "",
      traceparent: job.traceparent,
      queuedMs: Math.round(job.publishedAtMs - job.enqueuedAtMs),
      isForBridged: job.lane === "bridged",
    });
    let sequence: number | undefined;
    try {
      sequence = await tickets.publish(ticket);
      metrics.countTicket("published");
      if (mesh.logger.isLevelEnabled("debug"))
        mesh.logger.debug({ ...factsOf(job), attempt, sequence }, "ticket published");
    } catch (error) {
      metrics.countTicket("failed");
      mesh.logger.warn({ err: error, ...factsOf(job), attempt }, "ticket not published");
    }
    job.unconfirmed -= 1;
    if (sequence !== undefined) job.addSequence(sequence);
    acknowledger.settleHeld(job);
    if (sequence === undefined) {
      if (job.phase === "ticketed" && job.attempt === attempt) scheduler.enqueue(job, clock.nowMs());
      this.pump(job.model);
    } else if (job.phase === "gone" && job.sequences.includes(sequence)) {
      void tickets.withdraw(sequence);
    }
  }

  #onRestored({ ticketsLost }: Restoration): void {
    const { scheduler, clock } = this.#parts;
    if (ticketsLost) {
      for (const job of scheduler.jobs) {
        job.forgetSequences();
        scheduler.enqueue(job, clock.nowMs());
      }
    }
    this.pump();
  }
}

/** Which job a log line is about. */
function factsOf({ jobId, traceparent }: WaitingJob): { jobId: string; traceId: string | undefined } {
  return { jobId, traceId: traceIdOf(traceparent) };
}
