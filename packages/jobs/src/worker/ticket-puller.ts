import { type Mesh, signatureFault, TICKET_PURPOSE } from "@flock/mesh";
import {
  HEADERS,
  isSubjectToken,
  MESSAGE_BYTES_MAX,
  PULL_WAIT_MS,
  SUBJECTS,
  type TicketLane,
  ticketConsumer,
} from "@flock/proto";
import { Ticket } from "@flock/proto/jobs";
import { type Msg, nuid, type Subscription } from "@nats-io/nats-core";

/** Pulls whose end was never told (a lost server or router) are given up after this. */
const PULL_LOST_MS = PULL_WAIT_MS + 1_000;
/** After a refusal without a time (nobody takes pulls, the stream is away) the model rests for this long. */
const RETRY_MS = 200;
/** However long it is asked to wait, it asks again after this. */
const REST_MAX_MS = 60_000;

/** What JetStream says of a pull that has waited for as long as it may. */
const PULL_EXPIRED = 408;

/** A delivered ticket, with the subject that acknowledges it (for the requester's use; workers have no right to). */
export interface DeliveredTicket {
  readonly ticket: Ticket;
  readonly ackSubject: string;
}

export interface TicketPullerOptions {
  readonly mesh: Mesh;
  readonly workerId: string;
  readonly model: string;
  readonly lane: TicketLane;
  readonly meshKeys: () => readonly string[];
  onTicket(delivered: DeliveredTicket): void;
}

/** With a way of its own, so that it alone can be withdrawn: JetStream forgets pulls that nobody listens for. */
interface Pull {
  readonly way: string;
  readonly subscription: Subscription;
  /** Runs while it waits. */
  lostTimer: NodeJS.Timeout | undefined;
}

/**
 * Keeps as many pulls waiting for one model's tickets as it is told to. A worker asks the router, which asks JetStream
 * in its name, or refuses and says for how long.
 *
 * States of a pull: `waiting` → `idle` (its answer came, or it is lost) → `waiting` with the next one; a pull that is
 * not wanted any more is closed.
 */
export class TicketPuller {
  readonly #options: TicketPullerOptions;
  readonly #pullSubject: string;
  readonly #waiting = new Set<Pull>();
  readonly #idle: Pull[] = [];
  #wanted = 0;
  #restUntilMs = 0;
  #restTimer: NodeJS.Timeout | undefined;

  constructor(options: TicketPullerOptions) {
    this.#options = options;
    this.#pullSubject = SUBJECTS.pull(options.workerId, ticketConsumer(options.model, options.lane));
  }

  /** Sets how many tickets may come now, and how many pulls there may be at any time. */
  want(tickets: number, pullsMax: number): void {
    this.#wanted = Math.min(tickets, pullsMax);
    for (const pull of this.#waiting) {
      if (this.#waiting.size <= this.#wanted) break;
      this.#close(pull);
    }
    for (const pull of this.#idle.splice(Math.max(0, pullsMax - this.#waiting.size))) this.#close(pull);
    this.#pull();
  }

  /** Withdraws all waiting pulls, and forgets that it was asked to wait: after a reconnection they are gone. */
  withdraw(): void {
    clearTimeout(this.#restTimer);
    this.#restUntilMs = 0;
    for (const pull of [...this.#waiting, ...this.#idle.splice(0)]) this.#close(pull);
  }

  #pull(): void {
    const { mesh, workerId } = this.#options;
    clearTimeout(this.#restTimer);
    if (this.#waiting.size >= this.#wanted || !mesh.isConnected()) return;
    if (performance.now() < this.#restUntilMs) return this.#restMore();
    while (this.#waiting.size < this.#wanted) {
      const pull = this.#idle.pop() ?? this.#open();
      this.#waiting.add(pull);
      pull.lostTimer = setTimeout(() => {
        this.#close(pull);
        this.#pull();
      }, PULL_LOST_MS);
      // Replied to by the server alone, if no router is there.
      mesh.nats.publish(this.#pullSubject, pull.way, { reply: SUBJECTS.delivery(workerId, pull.way) });
    }
  }

  #open(): Pull {
    const { mesh, workerId } = this.#options;
    const way = nuid.next();
    const subscription = mesh.nats.subscribe(SUBJECTS.delivery(workerId, way), {
      callback: (error, msg) => {
        if (!error && this.#waiting.has(pull)) this.#onMessage(pull, msg);
      },
    });
    const pull: Pull = { way, subscription, lostTimer: undefined };
    return pull;
  }

  #onMessage(pull: Pull, msg: Msg): void {
    const status = msg.headers?.code ?? 0;
    if (status >= 400) {
      this.#end(pull);
      if (status !== PULL_EXPIRED) this.#rest(msg.headers?.get(HEADERS.retryAfterMs) ?? "");
      return this.#pull();
    }
    const { mesh, meshKeys, onTicket } = this.#options;
    this.#end(pull);
    const fault = signatureFault(msg, TICKET_PURPOSE, meshKeys());
    if (fault !== undefined) mesh.dropped.drop("ticket", fault);
    else {
      const ticket = mesh.dropped.decode("ticket", Ticket, msg.data, MESSAGE_BYTES_MAX.ticket);
      if (ticket !== undefined && isSubjectToken(ticket.requesterId))
        onTicket({ ticket, ackSubject: msg.reply ?? "" });
    }
    this.#pull();
  }

  #end(pull: Pull): void {
    clearTimeout(pull.lostTimer);
    this.#waiting.delete(pull);
    this.#idle.push(pull);
  }

  #close(pull: Pull): void {
    clearTimeout(pull.lostTimer);
    this.#waiting.delete(pull);
    pull.subscription.unsubscribe();
  }

  /** Not to the millisecond: workers that were refused together do not come again together. */
  #rest(retryAfterMs: string): void {
    const askedMs = /^\d{1,9}$/.test(retryAfterMs) ? Number(retryAfterMs) : RETRY_MS;
    const restMs = Math.min(askedMs, REST_MAX_MS) + Math.random() * Math.min(askedMs, RETRY_MS);
    this.#restUntilMs = Math.max(this.#restUntilMs, performance.now() + restMs);
  }

  #restMore(): void {
    this.#restTimer = setTimeout(() => this.#pull(), Math.max(1, this.#restUntilMs - performance.now()));
  }
}
