import { jetstreamOf, manager } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, STREAMS, SUBJECTS } from "@flock/proto";
import { Ticket } from "@flock/proto/jobs";
import { JobUpdates } from "@flock/proto/router";
import { eventually } from "@flock/provision/testing";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

/** Every message that is published to a JetStream acknowledgement subject. */
function watchAcks(): { subject: string; verb: string }[] {
  const acks: { subject: string; verb: string }[] = [];
  mesh.mesh.nats.subscribe("$JS.ACK.>", {
    callback: (_, msg) => void acks.push({ subject: msg.subject, verb: msg.string() }),
  });
  return acks;
}

/** The same delivery subject with another stream sequence. */
function withSequence(ackSubject: string, sequence: number): string {
  const tokens = ackSubject.split(".");
  tokens[tokens.length === 9 ? 5 : 7] = String(sequence);
  return tokens.join(".");
}

describe("acknowledgements", () => {
  it("come from the router, for the delivery that the worker named", async () => {
    await mesh.router();
    const acks = watchAcks();
    const worker = await mesh.worker({ workerId: "w" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const { job } = await requester.route();
    await eventually("the ticket is acknowledged", () => acks.length > 0);
    expect(acks).toEqual([{ subject: job.claims[0]?.ackSubject, verb: "+ACK" }]);
  });

  it("are refused for another job's ticket, whose job stays in the queue", async () => {
    await mesh.router({ ROUTER_RESERVATION_MAX_MS: "60000" });
    const idle = await mesh.worker({ workerId: "idle", models: ["victim:latest"], pulls: false });
    const forger = await mesh.worker({
      workerId: "forger",
      forgeAck: (ackSubject) => withSequence(ackSubject, 1),
    });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(idle, forger);
    await requester.route({ model: "victim" });
    await eventually("the victim's ticket is out", async () => (await mesh.ticketsInStream()) === 1);
    const acks = watchAcks();
    const { job } = await requester.route();
    await eventually("the forger's claim is granted", () => job.state === "leased");
    // Its own ticket is withdrawn, the victim's is untouched.
    await eventually("one ticket is left", async () => (await mesh.ticketsInStream()) === 1);
    const { streams } = await manager(mesh.mesh);
    const left = await streams.getMessage(STREAMS.jobs, { seq: 1 });
    expect(left?.subject).toBe(SUBJECTS.tickets("victim:latest"));
    expect(acks).toEqual([]);
  });

  it.each([
    ["a subject of the mesh", "evt.inference.completed"],
    ["another stream", "$JS.ACK.EVENTS.c.1.1.1.1.0"],
    ["a wildcard", "$JS.ACK.JOBS.llama3_3alatest.1.1.1.*.0"],
    ["a line break", "$JS.ACK.JOBS.llama3_3alatest.1.1.1.1.0\r\nPUB evil 0\r\n\r\n"],
  ])("are refused for %s", async (_, forged) => {
    await mesh.router();
    const heard: string[] = [];
    for (const subject of ["evt.>", "$JS.ACK.>", "evil"])
      mesh.mesh.nats.subscribe(subject, { callback: (_, msg) => void heard.push(msg.subject) });
    const worker = await mesh.worker({ workerId: "w", forgeAck: () => forged });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const { job } = await requester.route();
    await eventually("it is leased", () => job.state === "leased");
    await eventually("its ticket is withdrawn", async () => (await mesh.ticketsInStream()) === 0);
    expect(heard).toEqual([]);
  });

  it("are given for a ticket that no router remembers, once the stream shows that it is the job's", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", pulls: false });
    await mesh.admitted(worker);
    const ticket = Ticket.fromPartial({
      version: PROTOCOL_VERSION,
      jobId: "old",
      requesterId: "r",
      model: "llama3:latest",
    });
    const client = jetstreamOf(mesh.mesh);
    const { seq } = await client.publish(SUBJECTS.tickets(ticket.model), encode(Ticket, ticket));
    const grant = (jobId: string): void => {
      const ackSubject = `$JS.ACK.JOBS.llama3_3alatest.1.${seq}.1.1700000000000000000.0`;
      const granted = [{ jobId, lease: 1, workerId: "w", ackSubject }];
      const updates = JobUpdates.fromPartial({ version: PROTOCOL_VERSION, requesterId: "r", granted });
      mesh.mesh.nats.publish(SUBJECTS.jobUpdates, encode(JobUpdates, updates));
    };
    const acks = watchAcks();
    grant("other");
    grant("old");
    await eventually("it is acknowledged", () => acks.length > 0);
    expect(acks).toHaveLength(1);
  });

  it("are not given for an update of another requester than the job's", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", pulls: false });
    const requester = await mesh.requester({ requesterId: "r" });
    const stranger = await mesh.requester({ requesterId: "stranger" });
    await mesh.admitted(worker);
    const { job } = await requester.route();
    await eventually("its ticket is out", async () => (await mesh.ticketsInStream()) === 1);
    stranger.update({ finished: [{ ...NO_LEASE, jobId: job.jobId }] });
    requester.update({ finished: [{ ...NO_LEASE, jobId: "another" }] });
    expect((await requester.routeAgain(job)).result).toMatchObject({ value: { queuePosition: 0 } });
    expect(await mesh.ticketsInStream()).toBe(1);
  });
});

const NO_LEASE = {
  lease: 0,
  workerId: "",
  outcome: 0,
  lost: false,
  failedWorkerIds: [],
  serviceMs: 0,
  traceparent: "",
};
