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

  it("leave nothing behind of the requests that wait for their turn on the same connection", async () => {
    const socket = await sendWithoutReading(api, "/api/generate", { model, prompt: "first" });
    await eventually("the job was submitted", () => api.requester.jobs.length === 1);
    const body = JSON.stringify({ model, prompt: "second" });
    const head = `Host: h\r\nAuthorization: Bearer ${api.apiKey}\r\n`;
    socket.write(`POST /api/generate HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    socket.write(`GET /api/tags HTTP/1.1\r\n${head}\r\n`.repeat(20));
    await eventually("all have arrived", () => api.drain.active === 22 && api.requester.jobs.length === 2);
    socket.destroy();
    await eventually("no request is under way", () => api.drain.active === 0);
    for (const job of api.requester.jobs) expect(job.cancelledMs).toBeDefined();
    const gone = () => api.logs.filter((line) => line["status"] === 499);
    await eventually("each is logged as abandoned", () => gone().length === 22);
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
