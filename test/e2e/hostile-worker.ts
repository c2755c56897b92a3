import { generateIdentity } from "@flock/keys";
import type { Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS, ticketConsumer } from "@flock/proto";
import {
  Claim,
  ClaimReply,
  type Grant,
  Receipt,
  type SignedReceipt,
  Ticket,
  WorkerControl,
  WorkerReport,
} from "@flock/proto/jobs";
import { Heartbeat, ModelDescription, WorkerAnnouncement, WorkerState } from "@flock/proto/workers";
import { newSealingPair } from "@flock/sealing";
import { type Msg, nuid } from "@nats-io/nats-core";
import { signReceipt } from "../../packages/jobs/src/receipt.js";
import { DIGEST, MODEL } from "../../packages/jobs/test/fake-router.js";

const BEAT_MS = 100;
const PULL_MS = 50;

/** A ticket, and how it was delivered. */
export interface Delivered {
  readonly ticket: Ticket;
  readonly ackSubject: string;
}

/** What it does with a ticket that it was given. */
export type Misbehaviour = (worker: HostileWorker, delivered: Delivered) => Promise<void> | void;

export interface Hostility {
  readonly onTicket?: Misbehaviour;
  /** Several times a second, whether it is given tickets or not. */
  readonly always?: (worker: HostileWorker) => void;
  readonly heartbeat?: Partial<Heartbeat>;
  /** The consumer that it pulls from. Default: that of the model that it announces. */
  readonly consumer?: string;
}

/**
 * A worker with credentials of its own that means no good: it announces itself and pulls tickets as an honest one does,
 * and does with them what its test wants.
 */
export class HostileWorker {
  readonly identity = generateIdentity();
  readonly pair = newSealingPair(this.identity);
  /** Tickets that it was given. */
  tickets = 0;
  /** Leases that it was granted. */
  leases = 0;
  /** Of the last refusals of its pulls. */
  refusal: string | undefined;
  mesh!: Mesh;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(
    readonly hostility: Hostility,
    /** Makes another connection of a worker with that id. */
    private readonly connect: (workerId: string) => Promise<Mesh>,
  ) {}

  get id(): string {
    return this.identity.id;
  }

  async start(): Promise<void> {
    await this.reconnect();
    this.#timers.push(setInterval(() => this.announce(this.hostility.heartbeat), BEAT_MS));
    this.#timers.push(setInterval(() => this.pull(), PULL_MS));
    this.#timers.push(setInterval(() => this.mesh.isConnected() && this.hostility.always?.(this), BEAT_MS));
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Comes again with a session of its own, as another process would. */
  async reconnect(): Promise<void> {
    const before: Mesh | undefined = this.mesh;
    this.mesh = await this.connect(this.id);
    this.mesh.nats.subscribe(SUBJECTS.delivery(this.id, "*"), {
      callback: (_, msg) => this.#onDelivery(msg),
    });
    this.mesh.nats.subscribe(SUBJECTS.control(this.id), { callback: (_, msg) => this.#onControl(msg) });
    await before?.close();
  }

  announce(changes: Partial<Heartbeat> = {}): void {
    const models = [{ name: MODEL, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 }];
    const constants = { state: WorkerState.READY, slots: 4, intervalMs: BEAT_MS, startedUnixMs: 1 };
    const heartbeat = Heartbeat.fromPartial({ workerId: this.id, ...constants, models, ...changes });
    this.#say({ $case: "heartbeat", value: heartbeat });
  }

  pull(): void {
    const consumer = this.hostility.consumer ?? ticketConsumer(MODEL);
    if (this.mesh.isConnected()) this.mesh.nats.publish(SUBJECTS.pull(this.id, consumer), nuid.next());
  }

  /** Claims the ticket's job; undefined: it was not granted. */
  async claim({ ticket, ackSubject }: Delivered, changes: Partial<Claim> = {}): Promise<Grant | undefined> {
    const claim = Claim.fromPartial({
      ...{ version: PROTOCOL_VERSION, jobId: ticket.jobId, workerId: this.id, ackSubject },
      ...{ modelDigest: ticket.modelDigest },
      ...{ sealingKey: this.pair.publicKey, sealingSignature: this.pair.signature },
      ...changes,
    });
    const subject = SUBJECTS.claim(this.id, ticket.requesterId);
    const reply = await this.mesh.nats
      .request(subject, encode(Claim, claim), { timeout: 1_000 })
      .catch(() => undefined);
    const result = reply && ClaimReply.decode(reply.data).result;
    if (result?.$case !== "grant") return undefined;
    this.leases += 1;
    return result.value;
  }

  report({ ticket }: Delivered, report: Parameters<typeof WorkerReport.fromPartial>[0]): void {
    const message = WorkerReport.fromPartial({ version: PROTOCOL_VERSION, ...report });
    this.send(SUBJECTS.report(this.id, ticket.requesterId), encode(WorkerReport, message));
  }

  send(subject: string, bytes: Uint8Array): void {
    if (this.mesh.isConnected()) this.mesh.nats.publish(subject, bytes);
  }

  /** A receipt for the lease with nothing in it. */
  receipt(
    signer: Pick<HostileWorker["identity"], "id" | "sign">,
    { ticket }: Delivered,
    lease: number,
  ): SignedReceipt {
    const { jobId, requesterId, model, modelDigest } = ticket;
    const names = { jobId, requesterId, workerId: this.id, model, modelDigest, lease };
    return signReceipt(signer, Receipt.fromPartial(names));
  }

  #onDelivery(msg: Msg): void {
    if (msg.headers?.code) {
      if (msg.headers.code === 403) this.refusal = msg.headers.description;
      return;
    }
    this.tickets += 1;
    const delivered = { ticket: Ticket.decode(msg.data), ackSubject: msg.reply ?? "" };
    void this.hostility.onTicket?.(this, delivered);
  }

  #onControl(msg: Msg): void {
    const { command } = WorkerControl.decode(msg.data);
    if (command?.$case !== "describeModel") return;
    const value = ModelDescription.fromPartial({
      ...{ workerId: this.id, name: command.value.model, digest: DIGEST, sizeBytes: 1, contextLength: 2_048 },
      showJson: Buffer.from("{}"),
    });
    this.#say({ $case: "modelDescription", value });
  }

  #say(body: WorkerAnnouncement["body"]): void {
    const message = encode(WorkerAnnouncement, { version: PROTOCOL_VERSION, body });
    this.send(SUBJECTS.heartbeat(this.id), message);
  }
}
