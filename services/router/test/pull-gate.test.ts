import { signatureFault, TICKET_PURPOSE } from "@flock/mesh";
import { encode, HEADERS, PROTOCOL_VERSION, SUBJECTS, ticketConsumer } from "@flock/proto";
import { Outcome } from "@flock/proto/jobs";
import { JobUpdates } from "@flock/proto/router";
import { WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import type { Msg } from "@nats-io/nats-core";
import { AccountsUnderTest } from "./accounts-under-test.js";
import type { FakeJob } from "./fake-requester.js";

/*
 * The second half of the deny matrix (the first is in packages/access): what the real router makes of pulls that NATS
 * lets a worker publish.
 */

const MODEL = "llama3:latest";
const CONSUMER = ticketConsumer(MODEL);
/** What a worker with one slot may have waiting at a consumer, see `domain/pull-admission.ts`. */
const WAITING_MAX = 26;

let mesh: AccountsUnderTest;
beforeEach(async () => {
  mesh = await AccountsUnderTest.start({
    ROUTER_BREAKER_FAILURES_MAX: "1",
    ROUTER_BREAKER_OPEN_MIN_MS: "5000",
  });
}, 60_000);
afterEach(() => mesh.stop());

/** Waits until the router lets the worker pull: it has been admitted for its model. */
async function isServed(workerId: string, consumer = CONSUMER): Promise<void> {
  const probe = await mesh.stranger(workerId);
  await eventually("its pulls to be passed on", () => {
    probe.pull(consumer);
    return mesh.passed.includes(consumer);
  });
  await probe.mesh.close();
}

function retryAfterMsOf(msg: Msg | undefined): number {
  return Number(msg?.headers?.get(HEADERS.retryAfterMs));
}

describe("a worker that the router knows", () => {
  it("is given a ticket that the mesh has signed, and told commands that are signed for it alone", async () => {
    const commands: Msg[] = [];
    mesh.core.nats.subscribe(SUBJECTS.control("stranger"), { callback: (_, msg) => void commands.push(msg) });
    await mesh.core.nats.flush();
    await mesh.worker({ workerId: "stranger", pulls: false });
    await isServed("stranger");
    const stranger = await mesh.stranger("stranger");
    stranger.pull(CONSUMER);
    const requester = await mesh.requester("requester");
    const { job } = await requester.route();
    const ticket = await eventually("the ticket", () => stranger.answers[0]);
    const { meshKey } = mesh.router;
    expect(signatureFault(ticket, TICKET_PURPOSE, [meshKey])).toBeUndefined();
    expect(ticket.string()).toContain(job.jobId);
    const command = await eventually("it is asked what its model is", () => commands[0]);
    expect(signatureFault(command, SUBJECTS.control("stranger"), [meshKey])).toBeUndefined();
    expect(signatureFault(command, SUBJECTS.control("another"), [meshKey])).toBe("wrongly_signed");
  });

  it("gets its tickets while another one pulls ten thousand times, and that one's pulls that wait are few", async () => {
    const honest = await mesh.worker({ workerId: "honest", serviceMs: 5 });
    await mesh.worker({ workerId: "greedy", pulls: false });
    await isServed("greedy");
    await eventually("the honest one to be served", () => mesh.passed.length > 1);
    const greedy = await mesh.stranger("greedy");
    const requester = await mesh.requester("requester");
    const jobs: FakeJob[] = [];
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 500; count++) greedy.pull(CONSUMER);
      jobs.push((await requester.route({ barredWorkerIds: ["greedy"] })).job);
    }
    await eventually("every job to end", () => jobs.every(({ state }) => state === "ended"));
    expect(new Set(jobs.map(({ workerId }) => workerId))).toEqual(new Set([honest.workerId]));
    expect(await mesh.waitingAt(CONSUMER)).toBeLessThanOrEqual(WAITING_MAX + 1);
    const refused = greedy.answers.filter(({ headers }) => headers?.code === 429);
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.length).toBeLessThan(2_000);
    expect(retryAfterMsOf(refused[0])).toBeGreaterThan(0);
  });

  it("has no more pulls waiting for coming with many connections, or again and again", async () => {
    await mesh.worker({ workerId: "greedy", pulls: false });
    await isServed("greedy");
    for (let count = 0; count < 5; count++) {
      const greedy = await mesh.stranger("greedy");
      for (let pull = 0; pull < 100; pull++) greedy.pull(CONSUMER);
      await greedy.mesh.nats.flush();
    }
    await mesh.core.nats.flush();
    expect(await mesh.waitingAt(CONSUMER)).toBeLessThanOrEqual(WAITING_MAX);
  });

  it("is refused while its breaker is open, and told for how long", async () => {
    await mesh.worker({ workerId: "failing", pulls: false });
    await isServed("failing");
    const lost = { jobId: "job", lease: 1, workerId: "failing", outcome: Outcome.FAILED, lost: true };
    const updates = JobUpdates.fromPartial({ version: PROTOCOL_VERSION, requesterId: "r", finished: [lost] });
    mesh.core.nats.publish(SUBJECTS.jobUpdates, encode(JobUpdates, updates));
    const stranger = await mesh.stranger("failing");
    const refusal = await eventually("a refusal for the breaker's sake", () => {
      stranger.pull(CONSUMER);
      return stranger.answers.find(({ headers }) => headers?.description === "Worker Held Off");
    });
    expect(retryAfterMsOf(refusal)).toBeGreaterThan(1_000);
    expect(retryAfterMsOf(refusal)).toBeLessThanOrEqual(5_000);
  });

  it("is refused while it takes no jobs", async () => {
    const worker = await mesh.worker({ workerId: "paused", pulls: false });
    await isServed("paused");
    worker.state = WorkerState.PAUSED;
    const stranger = await mesh.stranger("paused");
    await eventually("a refusal", () => {
      stranger.pull(CONSUMER);
      return stranger.answers.some(({ headers }) => headers?.description === "Worker Takes No Jobs");
    });
  });
});

describe("a pull", () => {
  it("of a worker that was never heard is put off for a moment", async () => {
    const stranger = await mesh.stranger("unheard");
    stranger.pull(CONSUMER);
    const refusal = await eventually("the refusal", () => stranger.answers[0]);
    expect(refusal.headers).toMatchObject({ code: 503, description: "Worker Not Heard Yet" });
    expect(retryAfterMsOf(refusal)).toBeLessThanOrEqual(1_000);
    expect(mesh.passed).toEqual([]);
  });

  it.each([
    ["another model's consumer", ticketConsumer("llama3:70b")],
    ["a consumer for bridged workers", ticketConsumer(MODEL, "bridged")],
    ["the same consumer, written in another way", CONSUMER.replace("a", "_61")],
    ["no consumer of tickets", "ledger-settler"],
    ["every consumer", "%2A"],
  ])("for %s is refused, and not passed on", async (_, consumer) => {
    await mesh.worker({ workerId: "stranger", pulls: false });
    await mesh.worker({ workerId: "other", models: [MODEL, "llama3:70b"] });
    await isServed("stranger");
    const stranger = await mesh.stranger("stranger");
    mesh.passed.length = 0;
    stranger.pull(consumer);
    const refusal = await eventually("the refusal", () => stranger.answers[0]);
    expect(refusal.headers).toMatchObject({ code: 403, description: "Worker Not Admitted For Model" });
    // The other worker pulls for its own models all the time.
    if (consumer !== ticketConsumer("llama3:70b")) expect(mesh.passed).not.toContain(consumer);
  });

  it.each([
    ["a way of several tokens", "a.b"],
    ["a way that is a pattern", "*"],
    ["a way with spaces", "a b"],
    ["no way", ""],
    ["a way that is too long", "x".repeat(65)],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00])],
    ["the request of a pull as JetStream takes it", JSON.stringify({ batch: 1_000, expires: 3_600e9 })],
  ])("with %s is dropped", async (_, way) => {
    await mesh.worker({ workerId: "stranger", pulls: false });
    await isServed("stranger");
    const stranger = await mesh.stranger("stranger");
    mesh.passed.length = 0;
    stranger.pull(CONSUMER, way);
    stranger.pull(CONSUMER, "last");
    await eventually("the next one to be passed on", () => mesh.passed.length > 0);
    expect(mesh.passed).toEqual([CONSUMER]);
  });

  it.each(["evt.inference.completed", "jobs.x", "ctl.other", "tkt.other.way", "$JS.API.STREAM.DELETE.JOBS"])(
    "with %s as reply subject has its ticket sent to its own worker",
    async (reply) => {
      const arrived: string[] = [];
      mesh.core.nats.subscribe(reply, { callback: (__, { subject }) => void arrived.push(subject) });
      await mesh.core.nats.flush();
      await mesh.worker({ workerId: "stranger", pulls: false });
      await isServed("stranger");
      const stranger = await mesh.stranger("stranger");
      stranger.pull(CONSUMER, "way", reply);
      const { job } = await (await mesh.requester("requester")).route();
      const ticket = await eventually("the ticket", () => stranger.answers[0]);
      expect(ticket.string()).toContain(job.jobId);
      expect(arrived).toEqual([]);
    },
  );

  it("is answered by the server at once where no router is", async () => {
    await mesh.router.stop();
    const stranger = await mesh.stranger("stranger");
    stranger.pull(CONSUMER, "way", SUBJECTS.delivery("stranger", "way"));
    const answer = await eventually("an answer", () => stranger.answers[0]);
    expect(answer.headers?.code).toBe(503);
  });
});
