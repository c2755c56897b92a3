import { FlockError } from "@flock/errors";
import type { JobHandle, JobResult } from "@flock/jobs";
import { AllowedJob } from "./allowed-job.js";

function setUp() {
  const ends: JobResult[] = [];
  const told: string[] = [];
  let resolve: (allowance: Allowance) => void = () => {};
  let reject: (error: FlockError) => void = () => {};
  const promise = new Promise<Allowance>((onAllowed, onRefused) => {
    resolve = onAllowed;
    reject = onRefused;
  });
  const allowance = { release: () => void told.push("released"), end: () => void told.push("ended") };
  const begun: JobHandle = {
    jobId: "job",
    progress: () => ({
      workerIds: ["worker"],
      timings: { queueMs: 1, claimMs: 2, prefillMs: 3, decodeMs: 4 },
    }),
    cancel: () => void told.push("cancelled"),
    fail: () => void told.push("failed"),
  };
  const sink = { onChunk: () => {}, onEnd: (result: JobResult) => void ends.push(result) };
  const job = new AllowedJob("job", sink, promise, () => {
    told.push("begun");
    return begun;
  });
  const settled = () => new Promise<void>((done) => setImmediate(done));
  return { job, ends, told, reject, settled, allow: () => resolve(allowance) };
}

interface Allowance {
  release(): void;
  end(): void;
}

describe("a job that waits to be allowed", () => {
  it("begins when it is, and is then cancelled and failed like any other", async () => {
    const { job, told, ends, allow, settled } = setUp();
    allow();
    await settled();
    job.cancel();
    job.fail(new FlockError("aborted", "no"));
    expect(told).toEqual(["begun", "cancelled", "failed"]);
    expect(ends).toEqual([]);
  });

  it("ends with the refusal when it is not", async () => {
    const { told, ends, reject, settled } = setUp();
    reject(new FlockError("resource_exhausted", "too many"));
    await settled();
    expect(ends).toMatchObject([{ outcome: "failed", error: { code: "resource_exhausted" } }]);
    expect(told).toEqual([]);
  });

  it("never begins if it was cancelled before, and gives back what was taken for it", async () => {
    const { job, told, ends, allow, settled } = setUp();
    job.cancel();
    expect(ends).toEqual([]);
    allow();
    await settled();
    expect(told).toEqual(["released", "ended"]);
    expect(ends).toMatchObject([{ outcome: "cancelled", completionTokens: 0 }]);
  });

  it("ends as it was failed, also if it is refused afterwards", async () => {
    const { job, ends, reject, settled } = setUp();
    job.fail(new FlockError("aborted", "the client did not read its answer"));
    reject(new FlockError("unavailable", "away"));
    await settled();
    expect(ends).toMatchObject([{ outcome: "failed", error: { code: "aborted" } }]);
  });
});
