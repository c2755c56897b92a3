import { delay, type Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS, ticketConsumer } from "@flock/proto";
import {
  Claim,
  ClaimReply,
  type Grant,
  Outcome,
  Ticket,
  WorkerControl,
  WorkerReport,
} from "@flock/proto/jobs";
import {
  type ActiveLease,
  HardwareClass,
  Heartbeat,
  ModelDescription,
  WorkerAnnouncement,
  WorkerState,
} from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { type Msg, nuid } from "@nats-io/nats-core";
import { connectForTest } from "./router-under-test.js";

export const DIGEST = "a".repeat(64);
const HEARTBEAT_MS = 100;
const PULL_MS = 500;

export interface FakeWorkerOptions {
  readonly workerId: string;
  readonly models?: readonly string[];
  readonly digest?: string;
  /** Default 2 048. */
  readonly contextLength?: number;
  readonly slots?: number;
  /** How long each job takes; default: until the test calls `finish`. */
  readonly serviceMs?: number;
  /** How jobs end. */
  readonly outcome?: Outcome;
  /** A bridge speaks for it. Default false. */
  readonly isBridged?: boolean;
  /** What it says that it has; default: nothing. */
  readonly hardware?: HardwareClass;
  /** Default true; false: sends heartbeats, but pulls no tickets. */
  readonly pulls?: boolean;
  /** Makes another ack subject of the ticket's own one. */
  readonly forgeAck?: (ackSubject: string) => string;
  /** The text of a `.creds` file; default: none. */
  readonly credentials?: string;
}

/**
 * A fake worker, held to the same contract as the real one: it speaks the job protocol on the wire, has no engine
 * behind it, and signs no receipts.
 */
export class FakeWorker {
  state = WorkerState.READY;
  /** Heartbeats that it has sent by itself. */
  beats = 0;
  /** What it was told when a pull of it was last refused. */
  refusal = "";
  readonly controls: WorkerControl[] = [];
  readonly tickets: Ticket[] = [];
  readonly active = new Map<string, { grant: Grant; finish: (outcome?: Outcome) => void }>();
  readonly #stop = new AbortController();
  readonly #options: Required<Omit<FakeWorkerOptions, "forgeAck" | "serviceMs" | "credentials">> &
    FakeWorkerOptions;
  readonly #startedUnixMs = Date.now();
  readonly #loops: Promise<void>[] = [];

  private constructor(
    private readonly mesh: Mesh,
    options: FakeWorkerOptions,
  ) {
    this.#options = {
      models: ["llama3:latest"],
      digest: DIGEST,
      contextLength: 2_048,
      slots: 1,
      outcome: Outcome.COMPLETED,
      pulls: true,
      isBridged: false,
      hardware: HardwareClass.UNSPECIFIED,
      ...options,
    };
  }

  static async start(natsUrl: string, options: FakeWorkerOptions): Promise<FakeWorker> {
    const { workerId, credentials } = options;
    const access = credentials === undefined ? {} : { credentials: () => credentials };
    const connection = { ...access, inboxPrefix: SUBJECTS.workerInbox(workerId) };
    const worker = new FakeWorker(await connectForTest(natsUrl, "worker", connection), options);
    worker.#listen();
    worker.#loops.push(worker.#beat());
    if (worker.#options.pulls)
      for (const model of worker.#options.models) worker.#loops.push(worker.#pull(model));
    return worker;
  }

  get workerId(): string {
    return this.#options.workerId;
  }

  get models(): readonly string[] {
    return this.#options.models;
  }

  announce(changes: Partial<Heartbeat> = {}): void {
    const { workerId, models, digest, contextLength, slots, isBridged, hardware } = this.#options;
    const active: ActiveLease[] = [...this.active.values()].map(({ grant }) => grant);
    const heartbeat = Heartbeat.fromPartial({
      workerId,
      startedUnixMs: this.#startedUnixMs,
      state: this.state,
      slots,
      models: models.map((name) => ({ name, digest, sizeBytes: 1_000, loaded: true, contextLength })),
      active,
      intervalMs: HEARTBEAT_MS,
      isBridged,
      hardware,
      ...changes,
    });
    this.#publish({ $case: "heartbeat", value: heartbeat });
  }

  /** Ends a job that it was granted, as `outcome`: once the grant has arrived here, if it is still on its way. */
  async finish({ jobId }: { readonly jobId: string }): Promise<void> {
    (await eventually(`${this.workerId} runs ${jobId}`, () => this.active.get(jobId))).finish();
  }

  /** Stops pulling and sending anything, without a good-bye. */
  async vanish(): Promise<void> {
    this.#stop.abort();
    await this.mesh.nats.close();
    await Promise.allSettled(this.#loops);
  }

  async leave(): Promise<void> {
    this.#stop.abort();
    this.announce({ state: WorkerState.LEFT });
    await this.mesh.nats.flush();
    await this.vanish();
  }

  #publish(body: WorkerAnnouncement["body"]): void {
    if (this.mesh.nats.isClosed()) return;
    const message = encode(WorkerAnnouncement, { version: PROTOCOL_VERSION, body });
    this.mesh.nats.publish(SUBJECTS.heartbeat(this.workerId), message);
  }

  #listen(): void {
    this.mesh.nats.subscribe(SUBJECTS.control(this.workerId), {
      callback: (_, msg) => {
        const control = WorkerControl.decode(msg.data);
        this.controls.push(control);
        if (control.command?.$case === "describeModel") this.#describe(control.command.value.model);
        if (control.command?.$case === "cancel") {
          const { jobId, lease } = control.command.value;
          const run = this.active.get(jobId);
          if (run?.grant.lease === lease) run.finish(Outcome.CANCELLED);
        }
      },
    });
  }

  #describe(name: string): void {
    const value = ModelDescription.fromPartial({
      workerId: this.workerId,
      name,
      digest: this.#options.digest,
      sizeBytes: 1_000,
      contextLength: this.#options.contextLength,
      capabilities: ["completion"],
      showJson: Buffer.from('{"details":{"family":"llama"}}'),
    });
    this.#publish({ $case: "modelDescription", value });
  }

  async #beat(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.announce();
      this.beats += 1;
      await delay(HEARTBEAT_MS, this.#stop.signal);
    }
  }

  async #pull(model: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (this.active.size >= this.#options.slots || this.state !== WorkerState.READY) {
        await delay(2, this.#stop.signal);
        continue;
      }
      const msg = await this.#nextTicket(model);
      // Status messages (no consumer yet, no ticket in time) carry no reply subject.
      if (msg?.reply) await this.#claim(Ticket.decode(msg.data), msg.reply).catch(() => {});
      else {
        this.refusal = msg?.headers?.description ?? this.refusal;
        await delay(5, this.#stop.signal);
      }
    }
  }

  /** Not over the client's shared inbox: a ticket arrives under its own subject, not the inbox's. */
  #nextTicket(model: string): Promise<Msg | undefined> {
    return new Promise((resolve) => {
      const way = nuid.next();
      const delivery = SUBJECTS.delivery(this.workerId, way);
      const done = (msg?: Msg): void => {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener("abort", onStop);
        if (!this.mesh.nats.isClosed()) subscription.unsubscribe();
        resolve(msg);
      };
      const onStop = (): void => done();
      const timer = setTimeout(done, PULL_MS);
      this.#stop.signal.addEventListener("abort", onStop, { once: true });
      const subscription = this.mesh.nats.subscribe(delivery, { callback: (_, msg) => done(msg) });
      const consumer = ticketConsumer(model, this.#options.isBridged ? "bridged" : "ordinary");
      this.mesh.nats.publish(SUBJECTS.pull(this.workerId, consumer), way, { reply: delivery });
    });
  }

  async #claim(ticket: Ticket, reply: string): Promise<void> {
    this.tickets.push(ticket);
    const isFull = this.active.size >= this.#options.slots;
    const isOther = ticket.modelDigest !== this.#options.digest;
    const claim = Claim.fromPartial({
      version: PROTOCOL_VERSION,
      jobId: ticket.jobId,
      workerId: this.workerId,
      ackSubject: this.#options.forgeAck?.(reply) ?? reply,
      modelDigest: this.#options.digest,
      declined: isFull || isOther || !this.#isFor(ticket),
    });
    const subject = SUBJECTS.claim(this.workerId, ticket.requesterId);
    const answer = await this.mesh.nats.request(subject, encode(Claim, claim), { timeout: 500 });
    const { result } = ClaimReply.decode(answer.data);
    if (result?.$case === "grant") this.#run(ticket, result.value);
  }

  #isFor({ excludedWorkerIds, onlyWorkerId }: Ticket): boolean {
    return !excludedWorkerIds.includes(this.workerId) && ["", this.workerId].includes(onlyWorkerId);
  }

  #run(ticket: Ticket, grant: Grant): void {
    const finish = (outcome = this.#options.outcome): void => {
      if (!this.active.delete(ticket.jobId) || this.mesh.nats.isClosed()) return;
      const report = WorkerReport.fromPartial({
        version: PROTOCOL_VERSION,
        finals: [{ jobId: grant.jobId, lease: grant.lease, outcome }],
      });
      this.mesh.nats.publish(
        SUBJECTS.report(this.workerId, ticket.requesterId),
        encode(WorkerReport, report),
      );
    };
    this.active.set(ticket.jobId, { grant, finish });
    if (this.#options.serviceMs !== undefined) setTimeout(() => finish(), this.#options.serviceMs);
  }
}
