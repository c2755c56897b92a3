import { jest } from "@jest/globals";
import { eventually, post, sendWithoutReading } from "./clients.js";
import { PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

jest.setTimeout(20_000);

const model = PLAIN_MODEL.name;
const CANCEL_WITHIN_MS = 200;

describe("clients that go away", () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi();
    api.requester.onJob = () => {};
  });
  afterEach(() => api.stop());

  it.each([
    ["while it waits for the first piece of a stream", true],
    ["while it waits for a whole answer", false],
  ])("cancel the job at once %s", async (_when, stream) => {
    const client = new AbortController();
    const answer = post(api, "/api/generate", { model, prompt: "x", stream }, { signal: client.signal });
    await eventually(() => api.requester.jobs.length === 1, "the job was submitted");
    const abortedMs = performance.now();
    client.abort();
    await expect(answer).rejects.toThrow();
    const job = api.requester.lastJob;
    await eventually(() => job.cancelledMs !== undefined, "the job was cancelled");
    expect((job.cancelledMs ?? 0) - abortedMs).toBeLessThan(CANCEL_WITHIN_MS);
    await eventually(() => api.logs.some((line) => line["status"] === 499), "the request was logged");
    const line = api.logs.find((candidate) => candidate["status"] === 499);
    expect(line).toMatchObject({
      level: "info",
      outcome: "cancelled",
      requestId: job.spec.jobId,
    });
  });

  it("cancel the job at once in the middle of a stream", async () => {
    const client = new AbortController();
    const answer = post(api, "/api/generate", { model, prompt: "x" }, { signal: client.signal });
    await eventually(() => api.requester.jobs.length === 1, "the job was submitted");
    const job = api.requester.lastJob;
    job.chunk("first");
    const reader = (await answer).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"response":"first"');
    const abortedMs = performance.now();
    client.abort();
    await eventually(() => job.cancelledMs !== undefined, "the job was cancelled");
    expect((job.cancelledMs ?? 0) - abortedMs).toBeLessThan(CANCEL_WITHIN_MS);
  });

  it("leave nothing behind", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => sendWithoutReading(api, "/api/generate", { model, prompt: "x" })),
    );
    await eventually(() => api.requester.jobs.length === 20, "the jobs were submitted");
    for (const socket of sockets) socket.destroy();
    await eventually(() => api.requester.jobs.every((job) => job.isEnded), "the jobs have ended");
    await eventually(() => api.drain.active === 0, "no request is under way");
  });
});
