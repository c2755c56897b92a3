import { ensureJobsStream, ensureTicketConsumer, jetstreamOf, type Mesh, manager } from "@flock/mesh";
import { passPullsOn } from "@flock/ports";
import { parseAckSubject, STREAMS, SUBJECTS, ticketConsumer } from "@flock/proto";
import { eventually } from "@flock/provision/testing";
import type { Msg } from "@nats-io/nats-core";
import { AccountsRig } from "./accounts-rig.js";

const MODEL = "llama3:latest";
const WORKER = "7xKXtg2CWorkerA";

let rig: AccountsRig;
let core: Mesh;
let worker: Mesh;

beforeAll(async () => {
  rig = await AccountsRig.start();
  core = await rig.core();
  await ensureJobsStream(core);
  await ensureTicketConsumer(core, ticketConsumer(MODEL), SUBJECTS.tickets(MODEL));
  passPullsOn(core, ticketConsumer(MODEL));
  worker = await rig.worker({ workerId: WORKER });
});

afterAll(() => rig.stop());

/** Listens, and collects what comes. */
async function collect(mesh: Mesh, subject: string): Promise<Msg[]> {
  const messages: Msg[] = [];
  mesh.nats.subscribe(subject, { callback: (error, msg) => void (error ?? messages.push(msg)) });
  await mesh.nats.flush();
  return messages;
}

function pull(way: string): void {
  worker.nats.publish(SUBJECTS.pull(WORKER, ticketConsumer(MODEL)), way);
}

async function stateOf() {
  const { streams, consumers } = await manager(core);
  const { state } = await streams.info(STREAMS.jobs);
  return { state, consumer: await consumers.info(STREAMS.jobs, ticketConsumer(MODEL)) };
}

describe("over the border between WORKERS and CORE", () => {
  it("a worker pulls a ticket, and CORE acknowledges it by the subject that the worker saw", async () => {
    const got = await collect(worker, SUBJECTS.delivery(WORKER, "way"));
    pull("way");
    await eventually("the pull to wait", async () => (await stateOf()).consumer.num_waiting === 1);
    const { seq } = await jetstreamOf(core).publish(SUBJECTS.tickets(MODEL), "a ticket");
    await eventually("the ticket", () => got.length > 0);
    const reply = got[0]?.reply ?? "";
    expect(got[0]?.string()).toBe("a ticket");
    expect(parseAckSubject(reply)).toEqual({
      stream: STREAMS.jobs,
      consumer: ticketConsumer(MODEL),
      streamSequence: seq,
    });
    core.nats.publish(reply, "+ACK");
    await eventually("the ticket to be gone", async () => (await stateOf()).state.messages === 0);
  });

  it("a waiting pull is withdrawn with its subscription, so that no ticket is lost to it", async () => {
    const subscription = worker.nats.subscribe(SUBJECTS.delivery(WORKER, "first"), { callback: () => {} });
    pull("first");
    await eventually("the pull to wait", async () => (await stateOf()).consumer.num_waiting === 1);
    subscription.unsubscribe();
    await worker.nats.flush();
    const got = await collect(worker, SUBJECTS.delivery(WORKER, "second"));
    pull("second");
    await jetstreamOf(core).publish(SUBJECTS.tickets(MODEL), "for who still listens");
    await eventually("the ticket", () => got.length > 0);
    expect((await stateOf()).consumer.num_redelivered).toBe(0);
    core.nats.publish(got[0]?.reply ?? "", "+ACK");
    await eventually("the ticket to be gone", async () => (await stateOf()).state.messages === 0);
  });

  it("a claim is answered with as many messages as the requester sends", async () => {
    core.nats.subscribe(SUBJECTS.claimsOf("requester"), {
      callback: (_, msg) => {
        for (const part of ["grant", "part 1", "part 2"]) msg.respond(part);
      },
    });
    await core.nats.flush();
    const inbox = worker.newInbox();
    const got = await collect(worker, inbox);
    worker.nats.publish(SUBJECTS.claim(WORKER, "requester"), "mine", { reply: inbox });
    await eventually("three answers", () => got.length === 3);
    expect(got.map((msg) => msg.string())).toEqual(["grant", "part 1", "part 2"]);
  });

  it("a claim at an address where nobody listens is said to have no responders", async () => {
    const inbox = worker.newInbox();
    const got = await collect(worker, inbox);
    worker.nats.publish(SUBJECTS.claim(WORKER, "nobody"), "mine", { reply: inbox });
    await eventually("an answer", () => got.length === 1);
    expect(got[0]?.headers?.code).toBe(503);
  });

  it("reports and heartbeats arrive under the worker's name, and commands at the worker", async () => {
    const [reports, heartbeats, commands] = await Promise.all([
      collect(core, SUBJECTS.reportsOf("requester")),
      collect(core, SUBJECTS.allHeartbeats),
      collect(worker, SUBJECTS.control(WORKER)),
    ]);
    worker.nats.publish(SUBJECTS.report(WORKER, "requester"), "chunk");
    worker.nats.publish(SUBJECTS.heartbeat(WORKER), "alive");
    core.nats.publish(SUBJECTS.control(WORKER), "stop");
    await eventually("all three", () => reports.length + heartbeats.length + commands.length === 3);
    expect(SUBJECTS.workerOf(reports[0]?.subject ?? "")).toBe(WORKER);
    expect(SUBJECTS.workerOf(heartbeats[0]?.subject ?? "")).toBe(WORKER);
    expect(commands[0]?.string()).toBe("stop");
  });
});
