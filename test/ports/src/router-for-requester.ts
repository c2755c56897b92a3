import { randomUUID } from "node:crypto";
import { call, type Mesh, manager } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, STREAMS, SUBJECTS } from "@flock/proto";
import { Outcome } from "@flock/proto/jobs";
import { JobFinished, JobUpdates, ROUTER, type RouteAccepted, RouteRequest } from "@flock/proto/router";
import { eventually } from "@flock/provision/testing";
import { ask } from "./ask.js";
import { startedForFile } from "./started.js";
import { type PulledTicket, pullTicket } from "./wire.js";

/** A router on a mesh. Workers with free slots enough serve the model, and leave its tickets to the contract. */
export interface RouterUnderContract {
  readonly mesh: Mesh;
  readonly model: { readonly name: string; readonly digest: string };
  stop(): Promise<void>;
}

/** What a requester relies on when it has its jobs routed. */
export function routerForRequesterContract(name: string, start: () => Promise<RouterUnderContract>): void {
  describe(`the contract of the router with requesters, as ${name} keeps it`, () => {
    const started = startedForFile(start);
    const router = () => new RouterClient(started());
    tickets(router);
    endsOfTickets(router);
    renewals(router);
    refusals(router);
  });
}

/** A requester of its own, and a worker that pulls. */
class RouterClient {
  readonly requesterId = randomUUID();
  readonly mesh: Mesh;
  readonly model: RouterUnderContract["model"];

  constructor({ mesh, model }: RouterUnderContract) {
    this.mesh = mesh;
    this.model = model;
  }

  request(changes: Partial<RouteRequest> = {}): RouteRequest {
    return RouteRequest.fromPartial({
      version: PROTOCOL_VERSION,
      jobId: randomUUID(),
      requesterId: this.requesterId,
      accountId: "alice",
      model: this.model.name,
      promptBytes: 10,
      completionTokensMax: 10,
      deadlineUnixMs: Date.now() + 60_000,
      ...changes,
    });
  }

  async route(request: RouteRequest): Promise<RouteAccepted> {
    const { result } = await ask(this.mesh, ROUTER.route, request);
    if (result?.$case !== "accepted") throw new Error(`it was not accepted: ${JSON.stringify(result)}`);
    return result.value;
  }

  async refusalOf(request: RouteRequest): Promise<string | undefined> {
    const { result } = await ask(this.mesh, ROUTER.route, request);
    return result?.$case === "refused" ? result.value.code : undefined;
  }

  /** A job whose ticket is out and was pulled. */
  async ticketed(changes: Partial<RouteRequest> = {}) {
    const request = this.request(changes);
    const accepted = await this.route(request);
    return { request, accepted, pulled: await this.pull(request.jobId) };
  }

  async pull(jobId: string): Promise<PulledTicket> {
    const pulled = await pullTicket(this.mesh, this.model.name);
    expect(pulled?.ticket.jobId).toBe(jobId);
    if (pulled === undefined) throw new Error("no ticket came");
    return pulled;
  }

  async unknown(routerId: string, jobIds: string[]): Promise<string[]> {
    const request = { version: PROTOCOL_VERSION, requesterId: this.requesterId, jobIds };
    return (await call(this.mesh, ROUTER.renew, request, { instance: routerId })).unknownJobIds;
  }

  update(changes: Partial<JobUpdates>): void {
    const { requesterId } = this;
    const updates = JobUpdates.fromPartial({ version: PROTOCOL_VERSION, requesterId, ...changes });
    this.mesh.nats.publish(SUBJECTS.jobUpdates, encode(JobUpdates, updates));
  }

  grant({ request, pulled }: { readonly request: RouteRequest; readonly pulled: PulledTicket }): void {
    const { jobId } = request;
    const { ackSubject } = pulled;
    this.update({ granted: [{ jobId, lease: 1, workerId: "puller", ackSubject, traceparent: "" }] });
  }

  /** The job is over, or was given up: what every clause ends with, so that the next one finds no ticket. */
  async end(jobId: string, lease = 0): Promise<void> {
    const finished = { jobId, lease, workerId: lease > 0 ? "puller" : "", outcome: Outcome.CANCELLED };
    this.update({ finished: [JobFinished.fromPartial(finished)] });
    await this.noTicketIsLeft();
  }

  async ticketsLeft(): Promise<number> {
    return (await (await manager(this.mesh)).streams.info(STREAMS.jobs)).state.messages;
  }

  async noTicketIsLeft(): Promise<void> {
    await eventually("no ticket is left in the stream", async () => (await this.ticketsLeft()) === 0);
  }
}

function tickets(start: () => RouterClient): void {
  it("a job that is routed is accepted, and its ticket comes out of the stream", async () => {
    const router = start();
    const { request, accepted, pulled } = await router.ticketed({ excludedWorkerIds: ["somebody"] });
    const { name, digest } = router.model;
    expect(accepted).toMatchObject({ model: name, modelDigest: digest, queuePosition: 0 });
    expect(accepted.routerId).not.toBe("");
    expect(pulled.ticket).toMatchObject({
      jobId: request.jobId,
      requesterId: router.requesterId,
      model: name,
      modelDigest: digest,
      excludedWorkerIds: ["somebody"],
    });
    expect(Math.abs(pulled.ticket.deadlineUnixMs - request.deadlineUnixMs)).toBeLessThan(1_000);
    await router.end(request.jobId);
  });

  it("a job that is routed again while its ticket is out has that ticket alone", async () => {
    const router = start();
    const { request, accepted, pulled } = await router.ticketed();
    expect((await router.route(request)).routerId).toBe(accepted.routerId);
    expect(await router.ticketsLeft()).toBe(1);
    router.grant({ request, pulled });
    await router.noTicketIsLeft();
  });

  it("a job that is routed again because another worker failed it gets another ticket, which excludes that worker", async () => {
    const router = start();
    const first = await router.ticketed();
    router.grant(first);
    await router.noTicketIsLeft();
    const again = { ...first.request, excludedWorkerIds: ["puller"], resumed: true };
    await router.route(again);
    const { ticket } = await router.pull(again.jobId);
    expect(ticket.excludedWorkerIds).toEqual(["puller"]);
    await router.end(again.jobId);
  });
}

function endsOfTickets(start: () => RouterClient): void {
  it("a ticket whose job is granted is acknowledged", async () => {
    const router = start();
    router.grant(await router.ticketed());
    await router.noTicketIsLeft();
  });

  it("a ticket that is retired to be given to another worker comes again", async () => {
    const router = start();
    const { request, pulled } = await router.ticketed();
    const { jobId } = request;
    router.update({
      retired: [{ jobId, ackSubject: pulled.ackSubject, redeliver: true, workerId: "worker" }],
    });
    expect((await router.pull(jobId)).ticket).toEqual(pulled.ticket);
    await router.end(jobId);
  });

  it("a ticket that is retired because nobody needs it does not come again, and its job waits no more", async () => {
    const router = start();
    const { request, accepted, pulled } = await router.ticketed();
    const { jobId } = request;
    router.update({
      retired: [{ jobId, ackSubject: pulled.ackSubject, redeliver: false, workerId: "worker" }],
    });
    await router.noTicketIsLeft();
    expect(await router.unknown(accepted.routerId, [jobId])).toEqual([jobId]);
  });

  it("a ticket of a job that its requester gives up is withdrawn", async () => {
    const router = start();
    const request = router.request();
    await router.route(request);
    await router.end(request.jobId);
  });

  it("a ticket stays out that another requester gives up", async () => {
    const router = start();
    const { request, accepted } = await router.ticketed();
    const finished = [JobFinished.fromPartial({ jobId: request.jobId, outcome: Outcome.CANCELLED })];
    start().update({ finished });
    await router.mesh.nats.flush();
    expect(await router.unknown(accepted.routerId, [request.jobId])).toEqual([]);
    await router.end(request.jobId);
  });
}

function renewals(start: () => RouterClient): void {
  it("a renewal knows the jobs that wait, and no others: none that was never routed, granted, or another requester's", async () => {
    const router = start();
    const [waiting, granted] = [await router.ticketed(), await router.ticketed()];
    router.grant(granted);
    const never = randomUUID();
    const [first, second] = [waiting.request.jobId, granted.request.jobId];
    const { routerId } = waiting.accepted;
    await eventually("the grant is known", async () => {
      const unknown = await router.unknown(routerId, [first, second, never]);
      return unknown.length === 2 && unknown[0] === second && unknown[1] === never;
    });
    expect(await start().unknown(routerId, [first])).toEqual([first]);
    await router.end(first);
  });
}

function refusals(start: () => RouterClient): void {
  it.each([
    ["an id that is none", { jobId: "a.b" }, "invalid_argument"],
    ["a requester that is none", { requesterId: "a b" }, "invalid_argument"],
    ["no account", { accountId: "" }, "invalid_argument"],
    ["a model that nobody ever offered", { model: "nobody-has-it" }, "not_found"],
    ["a deadline that has passed", { deadlineUnixMs: 1 }, "deadline_exceeded"],
  ])("a job with %s is refused", async (_, changes, code) => {
    const router = start();
    expect(await router.refusalOf(router.request(changes))).toBe(code);
  });

  it("a job is refused that another requester has waiting", async () => {
    const router = start();
    const { request } = await router.ticketed();
    expect(await start().refusalOf({ ...request, requesterId: randomUUID() })).toBe("invalid_argument");
    await router.end(request.jobId);
  });
}
