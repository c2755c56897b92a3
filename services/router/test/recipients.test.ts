import { Outcome } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

/** A router, workers with these ids, and a requester. */
async function meshOf(...workerIds: readonly string[]) {
  await mesh.router({ ROUTER_UNSERVED_MAX_MS: "300" });
  const workers = await Promise.all(workerIds.map((workerId) => mesh.worker({ workerId })));
  const requester = await mesh.requester({ requesterId: "r" });
  await mesh.admitted(...workers);
  return { workers, requester };
}

describe("a job that only one worker may have", () => {
  it("runs on that one, though others are idle and the queue is open", async () => {
    const { requester } = await meshOf("a", "b", "c");
    const { job } = await requester.route({ onlyWorkerId: "b" });
    await eventually("it runs", () => job.state === "leased");
    expect(job.workerId).toBe("b");
  });

  it("waits for it while it is busy, and no other job waits behind it", async () => {
    const { workers, requester } = await meshOf("a", "b");
    const first = await requester.route({ onlyWorkerId: "b" });
    await eventually("the first runs", () => first.job.state === "leased");
    const second = await requester.route({ onlyWorkerId: "b" });
    expect(second.reply.result).toMatchObject({ $case: "accepted", value: { queuePosition: 1 } });
    const third = await requester.route();
    await eventually("the third runs elsewhere", () => third.job.workerId === "a");
    await workers[1]?.finish(first.job);
    await eventually("the second runs", () => second.job.state === "leased");
    expect(second.job.workerId).toBe("b");
  });

  it("is refused at once, by name, when that worker is not there", async () => {
    const { requester } = await meshOf("a");
    const { job } = await requester.route({ onlyWorkerId: "gone" });
    expect(job.refusal).toMatchObject({ code: "unavailable", retryAfterMs: 5_000 });
    expect(job.refusal?.message).toMatch("worker 'gone', the only one that may have the job, does not serve");
  });

  it("is given up when that worker leaves while it waits, though others serve its model", async () => {
    const { workers, requester } = await meshOf("a", "b");
    const running = await requester.route({ onlyWorkerId: "b" });
    await eventually("it runs", () => running.job.state === "leased");
    const { job } = await requester.route({ onlyWorkerId: "b" });
    await workers[1]?.leave();
    await eventually("it is refused", () => job.refusal?.code === "unavailable");
    expect(job.refusal?.message).toMatch("worker 'b', the only one");
  });
});

describe("a job that some workers may never have", () => {
  it("runs on another one, and its ticket names them", async () => {
    const { workers, requester } = await meshOf("a", "b");
    const { job } = await requester.route({ barredWorkerIds: ["a"] });
    await eventually("it runs", () => job.state === "leased");
    expect([job.workerId, workers[1]?.tickets.at(-1)?.excludedWorkerIds]).toEqual(["b", ["a"]]);
  });

  it("is refused at once when they are all that serve its model", async () => {
    const { requester } = await meshOf("a", "b");
    const { job } = await requester.route({ barredWorkerIds: ["a", "b"] });
    expect(job.refusal).toMatchObject({
      code: "unavailable",
      message: "every worker that serves model 'llama3' at the moment is excluded from the job",
    });
  });

  it("waits its turn like any other, because no worker has failed it", async () => {
    const { workers, requester } = await meshOf("a");
    const running = await requester.route();
    await eventually("it runs", () => running.job.state === "leased");
    const first = await requester.route();
    const barring = await requester.route({ barredWorkerIds: ["other"] });
    await workers[0]?.finish(running.job);
    await eventually("the next runs", () => first.job.state === "leased");
    expect(barring.job.state).toBe("waiting");
    requester.end(barring.job, Outcome.CANCELLED);
  });
});
