import { randomUUID } from "node:crypto";
import {
  ensureJobsStream,
  ensureTicketConsumer,
  jetstreamOf,
  type Mesh,
  signedBy,
  TICKET_PURPOSE,
} from "@flock/mesh";
import { encode, PROTOCOL_VERSION, parseAckSubject, SUBJECTS, ticketConsumer } from "@flock/proto";
import {
  Claim,
  ClaimRefusal,
  ClaimReply,
  type Final,
  Operation,
  Outcome,
  Ticket,
  Work,
  WorkerControl,
  WorkerReport,
} from "@flock/proto/jobs";
import { type Heartbeat, type ModelDescription, WorkerAnnouncement, WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { meshSigner, passPullsOn } from "./router-stand-in.js";
import { startedForTest } from "./started.js";

/**
 * A worker with one slot that serves one model and runs each job until the contract ends it. No router is there; the
 * key of `meshSigner` is the one that it knows.
 */
export interface WorkerUnderContract {
  readonly mesh: Mesh;
  readonly workerId: string;
  readonly model: { readonly name: string; readonly digest: string };
  /** The engine has generated all of the job's answer. */
  finish(jobId: string): void;
  /** Ends the worker in order; it runs nothing. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

/** What routers and requesters rely on when a worker tells of itself, pulls tickets, claims and reports. */
export function workerForRouterContract(name: string, start: () => Promise<WorkerUnderContract>): void {
  describe(`the contract of workers with the router, as ${name} keeps it`, () => {
    const started = startedForTest(start);
    let mesh: WorkersMesh;
    beforeEach(async () => {
      mesh = await WorkersMesh.listenTo(started());
    });
    afterEach(() => mesh.forget());
    announcements(started, () => mesh);
    claims(started, () => mesh);
    leases(started, () => mesh);
  });
}

/** What everybody else hears of a worker: a router that acknowledges and a requester that grants. */
class WorkersMesh {
  readonly requesterId = randomUUID();
  readonly heartbeats: Heartbeat[] = [];
  readonly descriptions: ModelDescription[] = [];
  readonly claims: Claim[] = [];
  readonly finals: Final[] = [];
  readonly #world: WorkerUnderContract;
  readonly #subscriptions: { unsubscribe(): void }[] = [];

  private constructor(world: WorkerUnderContract) {
    this.#world = world;
  }

  static async listenTo(world: WorkerUnderContract): Promise<WorkersMesh> {
    const mesh = new WorkersMesh(world);
    mesh.#listen();
    await ensureJobsStream(world.mesh);
    const { name } = world.model;
    await ensureTicketConsumer(world.mesh, ticketConsumer(name), SUBJECTS.tickets(name));
    return mesh;
  }

  forget(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  /** Puts a ticket into the stream, and returns its place there. */
  async ticket(jobId: string, changes: Partial<Ticket> = {}): Promise<number> {
    const { mesh, model } = this.#world;
    const ticket = Ticket.fromPartial({
      version: PROTOCOL_VERSION,
      ...{ jobId, requesterId: this.requesterId, model: model.name, modelDigest: model.digest },
      deadlineUnixMs: Date.now() + 60_000,
      ...changes,
    });
    const message = encode(Ticket, ticket);
    const headers = signedBy(meshSigner, TICKET_PURPOSE, message);
    return (await jetstreamOf(mesh).publish(SUBJECTS.tickets(model.name), message, { headers })).seq;
  }

  control(command: WorkerControl["command"]): void {
    const { mesh, workerId } = this.#world;
    const subject = SUBJECTS.control(workerId);
    const message = encode(WorkerControl, { version: PROTOCOL_VERSION, command });
    mesh.nats.publish(subject, message, { headers: signedBy(meshSigner, subject, message) });
  }

  claimOf(jobId: string): Promise<Claim> {
    return eventually("it is claimed", () => this.claims.find((claim) => claim.jobId === jobId));
  }

  finalOf(jobId: string): Promise<Final> {
    return eventually("its end is told", () => this.finals.find((final) => final.jobId === jobId));
  }

  /** Waits for a heartbeat that comes from now on. */
  async heartbeat(what: string, is: (heartbeat: Heartbeat) => boolean): Promise<Heartbeat> {
    const before = this.heartbeats.length;
    return await eventually(`a heartbeat: ${what}`, () => this.heartbeats.slice(before).find(is));
  }

  #listen(): void {
    const { mesh, workerId, model } = this.#world;
    this.#subscriptions.push(passPullsOn(mesh, ticketConsumer(model.name)));
    const listen = (
      subject: string,
      callback: (data: Uint8Array, reply: (bytes: Uint8Array) => void) => void,
    ) =>
      this.#subscriptions.push(
        mesh.nats.subscribe(subject, {
          callback: (_, msg) => callback(msg.data, (bytes) => void msg.respond(bytes)),
        }),
      );
    listen(SUBJECTS.heartbeat(workerId), (data) => {
      const { body } = WorkerAnnouncement.decode(data);
      if (body?.$case === "heartbeat") this.heartbeats.push(body.value);
      if (body?.$case === "modelDescription") this.descriptions.push(body.value);
    });
    listen(SUBJECTS.claimsOf(this.requesterId), (data, reply) => this.#onClaim(Claim.decode(data), reply));
    listen(SUBJECTS.reportsOf(this.requesterId), (data) => {
      this.finals.push(...WorkerReport.decode(data).finals);
    });
  }

  #onClaim(claim: Claim, reply: (bytes: Uint8Array) => void): void {
    this.claims.push(claim);
    if (parseAckSubject(claim.ackSubject) !== undefined)
      this.#world.mesh.nats.publish(claim.ackSubject, "+ACK");
    const { jobId, declined } = claim;
    const requestJson = Buffer.from('{"prompt":"hi"}');
    const work = encode(Work, Work.fromPartial({ operation: Operation.GENERATE, requestJson }));
    const grant = { jobId, lease: 1, workBytesTotal: work.length, traceparent: "" };
    const result = declined
      ? ({ $case: "refusal", value: ClaimRefusal.DECLINED } as const)
      : ({ $case: "grant", value: { ...grant, work: { $case: "plaintext", value: work } } } as const);
    reply(encode(ClaimReply, { version: PROTOCOL_VERSION, result }));
  }
}

type Started = () => WorkerUnderContract;
type Listening = () => WorkersMesh;

const any = () => true;

function announcements(worker: Started, mesh: Listening): void {
  it("a heartbeat tells who the worker is, what it serves, what it runs, and when the next one comes", async () => {
    const { workerId, model } = worker();
    const heartbeat = await mesh().heartbeat("any", any);
    expect(heartbeat).toMatchObject({ workerId, state: WorkerState.READY, slots: 1, active: [] });
    expect(heartbeat.models).toMatchObject([{ name: model.name, digest: model.digest, loaded: true }]);
    expect(heartbeat.intervalMs).toBeGreaterThan(0);
    expect(heartbeat.startedUnixMs).toBeGreaterThan(Date.now() - 3_600_000);
    expect((await mesh().heartbeat("the next", any)).startedUnixMs).toBe(heartbeat.startedUnixMs);
  });

  it("a worker that is asked about its model describes it", async () => {
    const { workerId, model } = worker();
    await mesh().heartbeat("any", any);
    mesh().control({ $case: "describeModel", value: { model: model.name } });
    const description = await eventually("it is described", () => mesh().descriptions[0]);
    expect(description).toMatchObject({ workerId, name: model.name, digest: model.digest });
    expect(JSON.parse(Buffer.from(description.showJson).toString())).toEqual(expect.any(Object));
  });

  it("a worker that leaves says so in its last heartbeat", async () => {
    await mesh().heartbeat("any", any);
    await worker().leave();
    await eventually("it has left", () => mesh().heartbeats.at(-1)?.state === WorkerState.LEFT);
  });
}

function claims(worker: Started, mesh: Listening): void {
  it("a ticket is claimed from its requester, with the subject of that very delivery and the digest of the model", async () => {
    const { workerId, model } = worker();
    const jobId = randomUUID();
    const streamSequence = await mesh().ticket(jobId);
    const claim = await mesh().claimOf(jobId);
    expect(claim).toMatchObject({ jobId, workerId, modelDigest: model.digest, declined: false });
    const consumer = ticketConsumer(model.name);
    expect(parseAckSubject(claim.ackSubject)).toEqual({ stream: "JOBS", consumer, streamSequence });
  });

  it("a ticket that excludes the worker is declined", async () => {
    const jobId = randomUUID();
    await mesh().ticket(jobId, { excludedWorkerIds: ["somebody", worker().workerId] });
    expect(await mesh().claimOf(jobId)).toMatchObject({ workerId: worker().workerId, declined: true });
  });

  it("a ticket for another digest than the worker's is declined", async () => {
    const jobId = randomUUID();
    await mesh().ticket(jobId, { modelDigest: "cd".repeat(32) });
    expect(await mesh().claimOf(jobId)).toMatchObject({ workerId: worker().workerId, declined: true });
  });

  it("a worker whose only slot is taken claims nothing, and the next ticket when it is free again", async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await mesh().ticket(first);
    await mesh().heartbeat("it runs", ({ active }) => active.length === 1);
    await mesh().ticket(second);
    await mesh().heartbeat("any", any);
    await mesh().heartbeat("one more", any);
    expect(mesh().claims).toHaveLength(1);
    worker().finish(first);
    expect(await mesh().claimOf(second)).toMatchObject({ declined: false });
  });
}

function leases(worker: Started, mesh: Listening): void {
  const running = async () => {
    const jobId = randomUUID();
    await mesh().ticket(jobId);
    const heartbeat = await mesh().heartbeat("it runs", ({ active }) => active.length > 0);
    expect(heartbeat.active).toEqual([{ jobId, lease: 1 }]);
    return jobId;
  };

  it("a job that is granted is in the heartbeats until it ends, and its final names its lease", async () => {
    const jobId = await running();
    worker().finish(jobId);
    expect(await mesh().finalOf(jobId)).toMatchObject({ jobId, lease: 1, outcome: Outcome.COMPLETED });
    await mesh().heartbeat("it runs nothing", ({ active }) => active.length === 0);
    expect(mesh().finals).toHaveLength(1);
  });

  it("a lease that its requester cancels ends as cancelled, and one of another number goes on", async () => {
    const jobId = await running();
    mesh().control({ $case: "cancel", value: { jobId, lease: 2 } });
    expect((await mesh().heartbeat("any", any)).active).toEqual([{ jobId, lease: 1 }]);
    mesh().control({ $case: "cancel", value: { jobId, lease: 1 } });
    expect(await mesh().finalOf(jobId)).toMatchObject({ jobId, lease: 1, outcome: Outcome.CANCELLED });
  });
}
