import { FlockError } from "@flock/errors";
import { post } from "./clients.js";
import { answerWithEcho } from "./fake-requester.js";
import { ALIASES } from "./fake-stories.js";
import { PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const model = PLAIN_MODEL.name;
const messages = [{ role: "user", content: "hello there you" }];
const WORKER = ALIASES.aliasOf("alice", "worker");
/** What the fake requester tells of every job. */
const BEGUN = "queue;dur=1.25, claim;dur=2.5, prefill;dur=3.75";
const TOTAL = /, decode;dur=4, total;dur=(\d+(?:\.\d{1,3})?)$/;

/** Requests that are answered with text, by dialect; each has three tokens of an answer and seven of a prompt. */
const TEXTS: readonly (readonly [string, string, object])[] = [
  ["Ollama's generate", "/api/generate", { prompt: "hello there you" }],
  ["Ollama's chat", "/api/chat", { messages }],
  ["OpenAI's chat completions", "/v1/chat/completions", { messages }],
  ["OpenAI's completions", "/v1/completions", { prompt: "hello there you" }],
  ["OpenAI's responses", "/v1/responses", { input: "hello there you" }],
  ["Anthropic's messages", "/v1/messages", { messages, max_tokens: 50 }],
];
const VECTORS: readonly (readonly [string, string, object])[] = [
  ["Ollama's embed", "/api/embed", { input: "hello" }],
  ["Ollama's embeddings", "/api/embeddings", { prompt: "hello" }],
  ["OpenAI's embeddings", "/v1/embeddings", { input: "hello" }],
];

/** All objects in the lines or events of a stream. */
function objectsIn(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^data: /, ""))
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

/** The story in a stream, and the object that it is in; there is one. */
function storyIn(text: string): { story: Record<string, unknown>; isLast: boolean } {
  const objects = objectsIn(text).map((object) => {
    const { response } = object as { response?: Record<string, unknown> };
    return typeof response === "object" ? response : object;
  });
  const found = objects.filter((object) => "flock" in object);
  expect(found).toHaveLength(1);
  const [object = {}] = found;
  return { story: object["flock"] as Record<string, unknown>, isLast: object === objects.at(-1) };
}

describe("the story of an answer", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ corsOrigins: ["local"] });
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    api.requester.onJob = answerWithEcho;
  });

  const ask = (path: string, body: object, init: RequestInit = {}) =>
    post(api, path, { model, ...body }, init);

  function expectIds({ headers }: Response): void {
    const { jobId, traceparent } = api.requester.lastJob.spec;
    expect(headers.get("x-request-id")).toBe(jobId);
    expect(headers.get("x-flock-job-id")).toBe(jobId);
    expect(headers.get("x-flock-trace-id")).toBe(traceparent.split("-")[1]);
  }

  it.each([...TEXTS, ...VECTORS])("is in the headers of a whole answer: %s", async (_name, path, body) => {
    const response = await ask(path, { ...body, stream: false });
    expect(response.status).toBe(200);
    expectIds(response);
    const { headers } = response;
    expect(headers.get("x-flock-worker")).toBe(WORKER);
    expect(headers.get("x-flock-privacy")).toBe("sealed-to-worker");
    expect(headers.get("x-flock-resumes")).toBe("0");
    // One µLLAMA for a token of the prompt, two for one of the answer.
    expect(headers.get("x-flock-charge-micro")).toBe(VECTORS.some(([, each]) => each === path) ? "7" : "13");
    const timing = headers.get("server-timing") ?? "";
    expect(timing.startsWith(BEGUN)).toBe(true);
    expect(timing).toMatch(TOTAL);
    expect(await response.text()).not.toContain('flock"');
  });

  it.each(TEXTS)(
    "is in the head of a stream as far as it is known, and whole at its end: %s",
    async (_name, path, body) => {
      const response = await ask(path, { ...body, stream: true });
      expectIds(response);
      const { headers } = response;
      expect(headers.get("x-flock-worker")).toBe(WORKER);
      expect(headers.get("x-flock-privacy")).toBe("sealed-to-worker");
      expect(headers.get("x-flock-resumes")).toBe("0");
      expect(headers.get("x-flock-charge-micro")).toBeNull();
      expect(headers.get("server-timing")).toBe(BEGUN);
      const { story, isLast } = storyIn(await response.text());
      expect(story).toEqual({
        job_id: headers.get("x-flock-job-id"),
        trace_id: headers.get("x-flock-trace-id"),
        workers: [WORKER],
        privacy: "sealed-to-worker",
        resumes: 0,
        charge_micro: "13",
        timing_ms: { queue: 1.25, claim: 2.5, prefill: 3.75, decode: 4, total: expect.any(Number) },
      });
      // Anthropic's `message_stop` has nothing in it.
      expect(isLast).toBe(path !== "/v1/messages");
    },
  );

  it.each(TEXTS)("is at the end of a stream that fails in the middle: %s", async (_name, path, body) => {
    api.requester.onJob = (job) => {
      job.chunk("hello ");
      setImmediate(() => job.fail(new FlockError("aborted", "the worker failed")));
    };
    const response = await ask(path, { ...body, stream: true });
    expect(response.status).toBe(200);
    const text = await response.text();
    const { story, isLast } = storyIn(text);
    expect(story).toEqual({
      job_id: response.headers.get("x-flock-job-id"),
      trace_id: response.headers.get("x-flock-trace-id"),
      workers: [WORKER],
      privacy: "sealed-to-worker",
      resumes: 0,
      // The api may still hear what the worker has done until then.
      charge_micro: null,
      timing_ms: { queue: 1.25, claim: 2.5, prefill: 3.75, decode: 4, total: expect.any(Number) },
    });
    expect(JSON.stringify(objectsIn(text).at(-1))).toContain("the worker failed");
    // Anthropic's client would throw it as part of the error's message.
    expect(isLast).toBe(path !== "/v1/messages");
  });

  it("is in OpenAI's stream before the usage that was asked for", async () => {
    const asked = { messages, stream: true, stream_options: { include_usage: true } };
    const text = await (await ask("/v1/chat/completions", asked)).text();
    const [last, usage] = objectsIn(text).slice(-2);
    expect([last && "flock" in last, usage && "usage" in usage]).toEqual([true, true]);
    expect(storyIn(text).story).toMatchObject({ charge_micro: "13" });
  });

  it.each([...TEXTS, ...VECTORS])(
    "is in the headers of an error, if there was a job: %s",
    async (_n, path, body) => {
      api.requester.onJob = (job) => job.fail(new FlockError("aborted", "the worker failed"));
      const failed = await ask(path, body);
      expect(failed.status).toBe(502);
      expectIds(failed);
      expect(failed.headers.get("server-timing")).toMatch(TOTAL);
      const unknown = await ask(path, { ...body, model: "no-such-model" });
      expect(unknown.status).toBe(404);
      expect([...unknown.headers.keys()].filter((name) => name.startsWith("x-flock"))).toEqual([]);
    },
  );

  it("has resumes and the last worker, whoever else had the job", async () => {
    const workerIds = ["worker", "another", "worker"];
    api.requester.onJob = (job) => job.end({ workerIds, leases: 3 });
    const { headers } = await ask("/api/generate", { prompt: "x", stream: false });
    expect([headers.get("x-flock-resumes"), headers.get("x-flock-worker")]).toEqual(["2", WORKER]);
    const streamed = await ask("/api/generate", { prompt: "x" });
    expect(storyIn(await streamed.text()).story["workers"]).toEqual([
      WORKER,
      ALIASES.aliasOf("alice", "another"),
      WORKER,
    ]);
  });

  it("can be read by pages that may call", async () => {
    const { headers } = await ask(
      "/api/generate",
      { prompt: "x" },
      { headers: { authorization: `Bearer ${api.apiKey}`, origin: "http://localhost:3000" } },
    );
    const exposed = headers.get("access-control-expose-headers")?.split(", ") ?? [];
    const told = [...headers.keys()].filter((name) => name.startsWith("x-flock") || name === "server-timing");
    expect(told.length).toBeGreaterThan(4);
    expect(exposed).toEqual(expect.arrayContaining(told));
  });
});
