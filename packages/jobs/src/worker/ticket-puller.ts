import type { Mesh } from "@flock/mesh";
import { isSubjectToken, MESSAGE_BYTES_MAX, nextTicketSubject, type TicketLane } from "@flock/proto";
import { Ticket } from "@flock/proto/jobs";
import type { Msg, Subscription } from "@nats-io/nats-core";

/** A pull waits this long at the server for a ticket before it is made anew. */
const PULL_EXPIRES_MS = 30_000;
/** Pulls whose expiry was never told (a lost server) are given up after this. */
const PULL_LOST_MS = PULL_EXPIRES_MS + 3_000;
/** After an error (no consumer yet, stream away) the model rests for this long. */
const RETRY_MS = 200;

/**
 * Most pulls that wait at once. Each is replaced when its ticket comes, so more would only be more to keep at the
 * server.
 */
const WAITING_MAX = 16;

/** A delivered ticket, with the subject that acknowledges it (for the requester's use; workers have no right to). */
export interface DeliveredTicket {
  readonly ticket: Ticket;
  readonly ackSubject: string;
}

/**
 * Keeps as many pull requests waiting for one model's tickets as it is told to. Speaks the pull protocol itself (one
 * publish per ticket, the only JetStream right that a worker has), so that waiting pulls can be withdrawn: the server
 * forgets pulls whose reply subject nobody listens to.
 */
export class TicketPuller {
  readonly #mesh: Mesh;
  readonly #pullSubject: string;
  readonly #onTicket: (delivered: DeliveredTicket) => void;
  #subscription: Subscription | undefined;
  #inbox = "";
  #wanted = 0;
  #waiting = 0;
  #restTimer: NodeJS.Timeout | undefined;
  #lostTimer: NodeJS.Timeout | undefined;

  constructor(mesh: Mesh, model: string, lane: TicketLane, onTicket: (delivered: DeliveredTicket) => void) {
    this.#mesh = mesh;
    this.#pullSubject = nextTicketSubject(model, lane);
    this.#onTicket = onTicket;
  }

  /** Sets how many tickets may come now. Fewer than are waited for: all waiting pulls are withdrawn and made anew. */
  want(tickets: number): void {
    this.#wanted = Math.min(tickets, WAITING_MAX);
    if (this.#waiting > this.#wanted || tickets === 0) this.withdraw();
    this.#pull();
  }

  /** Withdraws all waiting pulls (after a reconnection: they died with the server) and pulls again if wanted. */
  renew(): void {
    this.withdraw();
    this.#pull();
  }

  /** Withdraws all waiting pulls. */
  withdraw(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#waiting = 0;
    clearTimeout(this.#restTimer);
    clearTimeout(this.#lostTimer);
    this.#restTimer = undefined;
  }

  #pull(): void {
    if (this.#restTimer !== undefined || this.#waiting >= this.#wanted || !this.#mesh.isConnected()) return;
    this.#subscription ??= this.#listen();
    const request = JSON.stringify({ batch: 1, expires: PULL_EXPIRES_MS * 1e6 });
    while (this.#waiting < this.#wanted) {
      this.#waiting += 1;
      this.#mesh.nats.publish(this.#pullSubject, request, { reply: this.#inbox });
    }
    clearTimeout(this.#lostTimer);
    this.#lostTimer = setTimeout(() => this.renew(), PULL_LOST_MS);
  }

  #listen(): Subscription {
    this.#inbox = this.#mesh.newInbox();
    return this.#mesh.nats.subscribe(this.#inbox, {
      callback: (error, msg) => {
        if (!error) this.#onMessage(msg);
      },
    });
  }

  #onMessage(msg: Msg): void {
    this.#waiting = Math.max(0, this.#waiting - 1);
    const status = msg.headers?.code ?? 0;
    if (status >= 400 || msg.reply === undefined || msg.reply === "") {
      // 408: the pull ran out without a ticket, which is usual. Else the consumer or the stream is not there (yet).
      if (status === 408) this.#pull();
      else this.#rest();
      return;
    }
    const ticket = this.#mesh.dropped.decode("ticket", Ticket, msg.data, MESSAGE_BYTES_MAX.ticket);
    if (ticket !== undefined && isSubjectToken(ticket.requesterId)) {
      this.#onTicket({ ticket, ackSubject: msg.reply });
    }
    this.#pull();
  }

  #rest(): void {
    if (this.#restTimer !== undefined) return;
    const restMs = RETRY_MS * (1 + Math.random());
    this.#restTimer = setTimeout(() => {
      this.#restTimer = undefined;
      this.#pull();
    }, restMs);
  }
}
