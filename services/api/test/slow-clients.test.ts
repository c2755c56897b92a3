import { once } from "node:events";
import { eventually } from "@flock/provision/testing";
import { linesOf, post, sendWithoutReading } from "./clients.js";
import type { FakeJob } from "./fake-requester.js";
import { PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const model = PLAIN_MODEL.name;
const KIB = 1024;

/** Produces `text` once per turn of the event loop until the job has ended or `pieces` are out. */
async function produce(job: FakeJob, text: string, pieces: number): Promise<number> {
  for (let piece = 0; piece < pieces; piece++) {
    if (job.isEnded) return piece;
    job.chunk(text);
    await new Promise(setImmediate);
  }
  return pieces;
}

describe("clients that do not read", () => {
  let api: TestApi;
  afterEach(() => api.stop());

  it("are cut off when more than the bound waits for them, and their job fails", async () => {
    api = await startTestApi({ unsentBytesMax: 256 * KIB });
    api.requester.onJob = () => {};
    const socket = await sendWithoutReading(api, "/api/generate", { model, prompt: "x" });
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const job = api.requester.lastJob;
    const heapBefore = process.memoryUsage().rss;
    // What the operating system buffers on both sides comes on top of the bound: some megabytes.
    const pieces = await produce(job, "x".repeat(16 * KIB), 4_000);
    expect(pieces).toBeLessThan(2_000);
    expect(job.failure).toMatchObject({ code: "aborted", message: "the client did not read its answer" });
    expect(process.memoryUsage().rss - heapBefore).toBeLessThan(64 * KIB * KIB);
    const closed = once(socket, "close");
    socket.resume();
    await closed;
    await eventually("it was logged", () => api.logs.some((line) => line["cutOff"] === "unsent"));
  });

  it("are cut off when nothing moves for too long, though little waits", async () => {
    api = await startTestApi({ stallTimeoutMs: 300 });
    api.requester.onJob = () => {};
    await sendWithoutReading(api, "/api/generate", { model, prompt: "x" });
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const job = api.requester.lastJob;
    // Fill what the operating system takes, just until something has to wait here.
    for (let piece = 0; piece < 500 && !job.isEnded; piece++) await produce(job, "x".repeat(32 * KIB), 1);
    await eventually("the job has ended", () => job.isEnded);
    await eventually("it was logged", () => api.logs.some((line) => line["cutOff"] !== undefined));
    expect(job.failure).toMatchObject({ code: "aborted" });
  });

  it("are cut off while pieces go on trickling in", async () => {
    api = await startTestApi({ stallTimeoutMs: 300, unsentBytesMax: 1024 * KIB * KIB });
    api.requester.onJob = () => {};
    await sendWithoutReading(api, "/api/generate", { model, prompt: "x" });
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const job = api.requester.lastJob;
    await produce(job, "x".repeat(64 * KIB), 200);
    const trickle = setInterval(() => job.chunk("y"), 20);
    await eventually("the job has ended", () => job.isEnded);
    clearInterval(trickle);
    await eventually("it was logged", () => api.logs.some((line) => line["cutOff"] === "stalled"));
  });

  it("are cut off when they leave a whole answer unread", async () => {
    api = await startTestApi({ stallTimeoutMs: 300 });
    api.requester.onJob = (job) => {
      job.chunk("x".repeat(20 * KIB * KIB));
      job.end();
    };
    const socket = await sendWithoutReading(api, "/api/generate", { model, prompt: "x", stream: false });
    await eventually("it was logged", () => api.logs.some((line) => line["cutOff"] === "stalled"));
    socket.destroy();
  });

  it("do not disturb those who read", async () => {
    api = await startTestApi({ unsentBytesMax: 256 * KIB });
    api.requester.onJob = () => {};
    await sendWithoutReading(api, "/api/generate", { model, prompt: "slow" });
    const reading = post(api, "/api/generate", { model, prompt: "quick" }).then(linesOf);
    await eventually("both jobs were submitted", () => api.requester.jobs.length === 2);
    await Promise.all(api.requester.jobs.map((job) => produce(job, "x".repeat(16 * KIB), 1_000)));
    const quick = api.requester.jobs.find((job) => job.body["prompt"] === "quick");
    quick?.end();
    expect(quick?.failure).toBeUndefined();
    const lines = await reading;
    expect(lines).toHaveLength(1_001);
    expect(lines.at(-1)).toMatchObject({ done: true, eval_count: 1_000 });
  });

  it("are not those who wait long for their first piece, or between two", async () => {
    api = await startTestApi({ stallTimeoutMs: 100 });
    api.requester.onJob = () => {};
    const answer = post(api, "/api/generate", { model, prompt: "x" }).then(linesOf);
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const job = api.requester.lastJob;
    for (const text of ["a", "b"]) {
      await new Promise((resolve) => setTimeout(resolve, 350));
      job.chunk(text);
    }
    job.end();
    expect(await answer).toHaveLength(3);
  });
});
