import { FlockError } from "@flock/errors";
import type { MeshSigner } from "@flock/keys";
import {
  ensureJobsStream,
  ensureTicketConsumer,
  jetstreamOf,
  type Mesh,
  manager,
  type Part,
  signedBy,
  TICKET_PURPOSE,
  Wake,
} from "@flock/mesh";
import {
  decodeWire,
  encode,
  MESSAGE_BYTES_MAX,
  STREAMS,
  SUBJECTS,
  type TicketLane,
  ticketConsumer,
} from "@flock/proto";
import { Ticket } from "@flock/proto/jobs";
import { type JetStreamClient, jetstreamManager } from "@nats-io/jetstream";

const RETRY_MS = 200;
const PROBE_TIMEOUT_MS = 500;
const FAILURES_PER_LOG_LINE = 50;
const ACK = "+ACK";
const MILLISECOND_NS = 1_000_000;

/** What became of the stream while it was away. */
export type Restoration = { readonly ticketsLost: boolean };

/**
 * Stream JOBS and its consumers: the only place that publishes, acknowledges, puts back and withdraws tickets.
 *
 * The stream lives in the memory of nats-server. States: `doubtful` (at the start, after each reconnection and after a
 * failed publication: nothing is published) → `ready` once the stream and the consumers of all wanted models exist. At
 * that moment the listeners hear whether the stream is a new one, without the tickets of the old one.
 */
export class TicketStream implements Part {
  readonly name = "ticket stream";
  readonly #mesh: Mesh;
  readonly #signer: MeshSigner;
  readonly #client: JetStreamClient;
  readonly #wake = new Wake();
  /** The subject of each consumer, by its name. */
  readonly #consumers = new Map<string, string>();
  readonly #missing = new Set<string>();
  /** Those that were made in the stream that there is. */
  readonly #made = new Set<string>();
  readonly #listeners: ((restoration: Restoration) => void)[] = [];
  #isReady = false;
  #doubts = 0;
  #failures = 0;
  #created: string | undefined;

  constructor(mesh: Mesh, signer: MeshSigner) {
    this.#mesh = mesh;
    this.#signer = signer;
    this.#client = jetstreamOf(mesh);
  }

  get isReady(): boolean {
    return this.#isReady && this.#mesh.isConnected();
  }

  notReady(): string | undefined {
    return this.isReady ? undefined : "ticket stream not ready";
  }

  onRestored(listener: (restoration: Restoration) => void): void {
    this.#listeners.push(listener);
  }

  async start(stop: AbortSignal): Promise<void> {
    this.#mesh.onReconnect(() => this.doubt());
    while (!stop.aborted) {
      // The reconnection rings.
      const isDone = !this.#mesh.isConnected() || (await this.#work());
      await this.#wake.wait(stop, isDone ? undefined : RETRY_MS);
    }
  }

  /** Something suggests that the stream is gone. */
  doubt(): void {
    this.#isReady = false;
    this.#doubts += 1;
    this.#wake.call();
  }

  /**
   * Workers of the lane pull the model's tickets from now on: makes the consumer that they share. With `again`, also if
   * it was made.
   */
  serve(model: string, lane: TicketLane, again = false): void {
    const name = ticketConsumer(model, lane);
    if (this.#consumers.has(name) && !again) return;
    this.#consumers.set(name, SUBJECTS.tickets(model, lane));
    this.#missing.add(name);
    this.#wake.call();
  }

  /** Whether workers can be given tickets of this consumer. */
  hasConsumer(name: string): boolean {
    return this.isReady && this.#made.has(name);
  }

  /** Stores a ticket; its sequence in the stream. Throws `unavailable` if it may not have been stored. */
  async publish(ticket: Ticket): Promise<number> {
    const subject = SUBJECTS.tickets(ticket.model, ticket.isForBridged ? "bridged" : "ordinary");
    const message = encode(Ticket, ticket);
    const headers = signedBy(this.#signer, TICKET_PURPOSE, message);
    try {
      return (await this.#client.publish(subject, message, { headers })).seq;
    } catch (cause) {
      this.doubt();
      throw new FlockError("unavailable", "the ticket stream did not take a ticket", { cause });
    }
  }

  /** `ackSubject` must have been checked. */
  acknowledge(ackSubject: string): void {
    this.#mesh.nats.publish(ackSubject, ACK);
  }

  /** Gives the ticket to the next worker that pulls, after a delay. `ackSubject` must have been checked. */
  putBack(ackSubject: string, delayMs: number): void {
    const payload = delayMs === 0 ? "-NAK" : `-NAK {"delay": ${delayMs * MILLISECOND_NS}}`;
    this.#mesh.nats.publish(ackSubject, payload);
  }

  /** Takes a ticket out that nobody needs any more. It does no harm if it stays, so a failure is not repeated. */
  async withdraw(sequence: number): Promise<void> {
    try {
      await (await manager(this.#mesh)).streams.deleteMessage(STREAMS.jobs, sequence, false);
    } catch (error) {
      this.#mesh.logger.debug({ err: error, sequence }, "ticket not withdrawn");
    }
  }

  /** The ticket of that sequence as it is stored; undefined if there is none. Throws if the stream cannot be asked. */
  async read(sequence: number): Promise<Ticket | undefined> {
    const stored = await (await manager(this.#mesh)).streams.getMessage(STREAMS.jobs, { seq: sequence });
    if (stored === null) return undefined;
    const decoded = decodeWire(Ticket, stored.data, MESSAGE_BYTES_MAX.ticket);
    return decoded.ok ? decoded.message : undefined;
  }

  /** Does what is to be done now; false: not all of it succeeded. */
  async #work(): Promise<boolean> {
    try {
      if (!this.#isReady) await this.#restore();
      for (const name of [...this.#missing]) await this.#makeConsumer(name);
      this.#failures = 0;
      return true;
    } catch (error) {
      if (this.#failures % FAILURES_PER_LOG_LINE === 0)
        this.#mesh.logger.warn({ err: error }, "ticket stream not ready, trying again");
      this.#failures += 1;
      this.#isReady = false;
      return false;
    }
  }

  async #restore(): Promise<void> {
    const doubts = this.#doubts;
    // A server that has just started swallows requests for a moment: learn that soon, not after a call's full timeout.
    await jetstreamManager(this.#mesh.nats, { timeout: PROBE_TIMEOUT_MS });
    await ensureJobsStream(this.#mesh);
    const { created } = await (await manager(this.#mesh)).streams.info(STREAMS.jobs);
    this.#made.clear();
    for (const name of this.#consumers.keys()) await this.#makeConsumer(name);
    // Doubted again meanwhile: it has been woken.
    if (doubts !== this.#doubts) return;
    const ticketsLost = this.#created !== undefined && this.#created !== created;
    this.#created = created;
    this.#isReady = true;
    if (ticketsLost) this.#mesh.logger.warn("the ticket stream was lost; its tickets are published again");
    for (const listener of this.#listeners) listener({ ticketsLost });
  }

  async #makeConsumer(name: string): Promise<void> {
    const subject = this.#consumers.get(name);
    if (subject !== undefined) {
      await ensureTicketConsumer(this.#mesh, name, subject);
      this.#made.add(name);
    }
    this.#missing.delete(name);
  }
}
