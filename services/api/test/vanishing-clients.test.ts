import { eventually } from "@flock/provision/testing";
import { post, sendWithoutReading } from "./clients.js";
import { PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

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
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const abortedMs = performance.now();
    client.abort();
    await expect(answer).rejects.toThrow();
    const job = api.requester.lastJob;
    await eventually("the job was cancelled", () => job.cancelledMs !== undefined);
    expect((job.cancelledMs ?? 0) - abortedMs).toBeLessThan(CANCEL_WITHIN_MS);
    await eventually("the request was logged", () => api.logs.some((line) => line["status"] === 499));
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
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const job = api.requester.lastJob;
    job.chunk("first");
    const reader = (await answer).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"response":"first"');
    const abortedMs = performance.now();
    client.abort();
    await eventually("the job was cancelled", () => job.cancelledMs !== undefined);
    expect((job.cancelledMs ?? 0) - abortedMs).toBeLessThan(CANCEL_WITHIN_MS);
  });

  it("leave nothing behind", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => sendWithoutReading(api, "/api/generate", { model, prompt: "x" })),
    );
    await eventually("the jobs were submitted", () => api.requester.jobs.length === 20);
    for (const socket of sockets) socket.destroy();
    await eventually("the jobs have ended", () => api.requester.jobs.every((job) => job.isEnded));
    await eventually("no request is under way", () => api.drain.active === 0);
  });
});
