import { openBucket } from "@flock/mesh";
import { BUCKETS, modelToken } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { Outcome } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import { DIGEST } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

const MODEL = "llama3:latest";
const NEW_DIGEST = "c".repeat(64);
const RENEW_SOON = { ROUTER_PIN_RENEW_AFTER_MS: "500" };

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

async function pinned() {
  const stored = await (await openBucket(mesh.mesh, BUCKETS.models)).get(modelToken(MODEL));
  const { digest, contextLength } = CatalogueEntry.decode(stored?.value ?? new Uint8Array());
  return { digest, contextLength };
}

describe("a model whose tag was pulled anew on every worker", () => {
  it("is served again, with its new digest", async () => {
    await mesh.router(RENEW_SOON);
    const old = await mesh.worker({ workerId: "old" });
    await mesh.admitted(old);
    await old.leave();
    await mesh.admitted(
      await mesh.worker({ workerId: "one", digest: NEW_DIGEST }),
      await mesh.worker({ workerId: "two", digest: NEW_DIGEST }),
    );
    expect((await pinned()).digest).toBe(NEW_DIGEST);
    const { reply } = await (await mesh.requester({ requesterId: "r" })).route();
    expect(reply.result).toMatchObject({ $case: "accepted", value: { modelDigest: NEW_DIGEST } });
  });

  it("keeps its old digest while one worker has it", async () => {
    await mesh.router(RENEW_SOON);
    const faithful = await mesh.worker({ workerId: "faithful" });
    await mesh.admitted(faithful);
    await mesh.worker({ workerId: "other", digest: NEW_DIGEST });
    await eventually("the other is known", () => mesh.snapshotOf("other"));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await pinned()).digest).toBe(DIGEST);
    expect((await mesh.snapshotOf("other"))?.models).toEqual([]);
  });
});

describe("a model's context", () => {
  it("is what the smallest of its workers has, so that all of them serve it", async () => {
    await mesh.router(RENEW_SOON);
    const before = await mesh.worker({ workerId: "before", contextLength: 8_192 });
    await mesh.admitted(before);
    await before.leave();
    const large = await mesh.worker({ workerId: "large", contextLength: 32_768 });
    const small = await mesh.worker({ workerId: "small", contextLength: 4_096 });
    await mesh.admitted(large, small);
    expect((await pinned()).contextLength).toBe(4_096);
  });

  it("is not given to a worker that has less than the catalogue promises", async () => {
    await mesh.router(RENEW_SOON);
    const enough = await mesh.worker({ workerId: "enough", contextLength: 8_192 });
    await mesh.admitted(enough);
    await mesh.worker({ workerId: "less", contextLength: 2_048 });
    await eventually("the other is known", () => mesh.snapshotOf("less"));
    expect((await mesh.snapshotOf("less"))?.models).toEqual([]);
  });
});

describe("workers whose engines failed a job", () => {
  it("are judged by it when another worker has completed the job", async () => {
    await mesh.router({ ROUTER_BREAKER_FAILURES_MAX: "2" });
    const worker = await mesh.worker({ workerId: "failing", pulls: false });
    await mesh.admitted(worker);
    const requester = await mesh.requester({ requesterId: "r" });
    const lease = { lease: 1, workerId: "another", lost: false, serviceMs: 1, traceparent: "" };
    const complete = (jobId: string) =>
      requester.update({
        finished: [{ ...lease, jobId, outcome: Outcome.COMPLETED, failedWorkerIds: ["failing", "unknown"] }],
      });
    complete("j1");
    complete("j2");
    await eventually("its breaker opens", async () => (await mesh.snapshotOf("failing"))?.breaker === "open");
  });
});
