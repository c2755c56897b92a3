import { eventually } from "@flock/provision/testing";
import type { FakeWorkerOptions } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

/** A router, these workers, and a requester. */
async function meshOf(...options: readonly FakeWorkerOptions[]) {
  await mesh.router();
  const workers = await Promise.all(options.map((one) => mesh.worker(one)));
  const requester = await mesh.requester({ requesterId: "r" });
  await mesh.admitted(...workers);
  return { workers, requester };
}

describe("a job that prefers a worker", () => {
  it("runs on that one whenever it is free, whoever else is", async () => {
    const { workers, requester } = await meshOf({ workerId: "a" }, { workerId: "b" }, { workerId: "c" });
    for (let turn = 0; turn < 5; turn++) {
      const { job } = await requester.route({ preferredWorkerId: "b" });
      await workers[1]?.finish(job);
      expect(job.workerId).toBe("b");
      await eventually("it has ended", () => job.state === "ended");
    }
  });

  it("runs on another one soon if that one is busy", async () => {
    const { requester } = await meshOf({ workerId: "a" }, { workerId: "b" });
    const running = await requester.route({ onlyWorkerId: "b" });
    await eventually("it runs", () => running.job.state === "leased");
    const { job } = await requester.route({ preferredWorkerId: "b" });
    await eventually("it runs", () => job.state === "leased");
    expect([job.workerId, running.job.state]).toEqual(["a", "leased"]);
  });

  it("runs on another one soon if that one does not take its ticket, and is not held against it", async () => {
    const { requester } = await meshOf({ workerId: "a" }, { workerId: "b", pulls: false, slots: 2 });
    const { job } = await requester.route({ preferredWorkerId: "b" });
    await eventually("it runs", () => job.state === "leased");
    expect(job.workerId).toBe("a");
  });

  it("is not refused while another worker is idle, though that one's queue is full and it waits for nothing", async () => {
    await mesh.router({ ROUTER_QUEUE_PER_ACCOUNT_MAX: "1", ROUTER_QUEUE_TOTAL_MAX: "1" });
    const workers = [await mesh.worker({ workerId: "a" }), await mesh.worker({ workerId: "b" })];
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(...workers);
    const running = await requester.route({ onlyWorkerId: "b" });
    await eventually("it runs", () => running.job.state === "leased");
    await requester.route({ onlyWorkerId: "b" });
    const { job } = await requester.route({ preferredWorkerId: "b", queueMaxMs: 0 });
    await eventually("it runs", () => job.state === "leased");
    expect(job.workerId).toBe("a");
  });
});

describe("a job that is not to wait for long", () => {
  it("is refused at once, with the estimate and when to come back, if its wait is estimated to be longer", async () => {
    const { requester } = await meshOf({ workerId: "w" });
    const running = await requester.route();
    await eventually("it runs", () => running.job.state === "leased");
    // Nothing is known of the model: its jobs are taken to last a second each.
    const { job } = await requester.route({ queueMaxMs: 999 });
    expect(job.refusal).toEqual({
      code: "unavailable",
      message:
        "a worker for model 'llama3:latest' is expected to be free in about 1000 ms, " +
        "and the request waits for no more than 999 ms",
      retryAfterMs: 1_000,
    });
  });

  it("waits if its wait is estimated to be short enough, and leaves no trace in the queue if it is not", async () => {
    const { workers, requester } = await meshOf({ workerId: "w" });
    const running = await requester.route();
    await eventually("it runs", () => running.job.state === "leased");
    const first = await requester.route({ queueMaxMs: 1_000 });
    const second = await requester.route({ queueMaxMs: 1_000 });
    const third = await requester.route({ queueMaxMs: 2_000 });
    expect([first, second, third].map(({ job }) => job.refusal?.code)).toEqual([
      undefined,
      "unavailable",
      undefined,
    ]);
    expect(third.reply.result).toMatchObject({ value: { queuePosition: 2, etaMs: 2_000 } });
    await workers[0]?.finish(running.job);
    await workers[0]?.finish(first.job);
    await eventually("the third runs", () => third.job.state === "leased");
  });

  it("runs if a worker is idle, however little it is to wait", async () => {
    const { requester } = await meshOf({ workerId: "w" });
    const { job } = await requester.route({ queueMaxMs: 0 });
    await eventually("it runs", () => job.state === "leased");
  });

  it("is not refused for its wait once a worker has had it", async () => {
    const { requester } = await meshOf({ workerId: "w" });
    const running = await requester.route();
    await eventually("it runs", () => running.job.state === "leased");
    const { job } = await requester.route({ queueMaxMs: 0, resumed: true });
    expect(job.refusal).toBeUndefined();
  });
});
