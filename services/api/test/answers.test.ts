import { FlockError } from "@flock/errors";
import type { DeliveredChunk } from "@flock/jobs";
import { eventually } from "@flock/provision/testing";
import { linesOf, post } from "./clients.js";
import type { FakeJob } from "./fake-requester.js";
import { ABLE_MODEL, PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const model = PLAIN_MODEL.name;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
/** JSON that can be parsed, but not written again. */
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

describe("answers", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.stop());

  const answerWith = (answer: (job: FakeJob) => void) => {
    api.requester.onJob = answer;
  };
  const ask = (path: string, body: object) =>
    post(api, path, {
      model: ABLE_MODEL.name,
      prompt: "x",
      messages: [{ role: "user", content: "x" }],
      ...body,
    });

  it("pass on thinking, tool calls and logprobs, streamed and whole", async () => {
    const toolCall = { function: { name: "f", arguments: { a: [1, { b: null }] } } };
    const logprob = { token: "Hi", logprob: -0.25, bytes: [72, 105] };
    answerWith((job) => {
      job.chunk("", { thinking: "hm", tokens: 1 });
      job.chunk("Hi", { logprobsJson: json([logprob]) });
      job.chunk("", { toolCallsJson: json([toolCall]) });
      job.end();
    });
    const streamed = await linesOf(await ask("/api/chat", {}));
    expect(streamed.map((line) => line["message"])).toEqual([
      { role: "assistant", content: "", thinking: "hm" },
      { role: "assistant", content: "Hi" },
      { role: "assistant", content: "", tool_calls: [toolCall] },
      { role: "assistant", content: "" },
    ]);
    expect(streamed[1]?.["logprobs"]).toEqual([logprob]);
    expect(await (await ask("/api/chat", { stream: false })).json()).toEqual({
      model: ABLE_MODEL.name,
      created_at: expect.any(String),
      message: { role: "assistant", content: "Hi", thinking: "hm", tool_calls: [toolCall] },
      logprobs: [logprob],
      done: true,
      done_reason: "stop",
      total_duration: expect.any(Number),
      load_duration: 1,
      prompt_eval_count: 7,
      prompt_eval_duration: 2_000,
      eval_count: 3,
      eval_duration: 3_000,
    });
  });

  it("keep any text whole, line by line", async () => {
    const texts = ['"', "\\", "\n", "\u2028", "é", "🦙", "\u0000", '"}\n{"done":true}', "\ud800"];
    answerWith((job) => {
      for (const text of texts) job.chunk(text);
      job.end();
    });
    const lines = await linesOf(await ask("/api/generate", {}));
    expect(lines.slice(0, -1).map((line) => line["response"])).toEqual(texts);
  });

  it("go out together when they come together, and before their end", async () => {
    answerWith((job) => {
      for (let piece = 0; piece < 100; piece++) job.chunk("a");
    });
    const reader = (await ask("/api/generate", {})).body?.getReader();
    const first = Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(first.split("\n").length).toBeGreaterThan(100);
    await reader?.cancel();
  });

  it.each([
    [new FlockError("not_found", "model 'm' not found"), 404, undefined],
    [new FlockError("insufficient_funds", "insufficient balance: top up to continue"), 402, undefined],
    [new FlockError("invalid_argument", "no"), 400, undefined],
    [new FlockError("resource_exhausted", "slow down", { retry: { afterMs: 2_400 } }), 429, ["3", "2400"]],
    [new FlockError("resource_exhausted", "slow down", { retry: { afterMs: 0 } }), 429, ["1", "0"]],
    [new FlockError("unavailable", "server busy, please try again"), 503, ["1", "1000"]],
    [new FlockError("aborted", "the worker failed to generate a response"), 502, undefined],
    [new FlockError("deadline_exceeded", "too long"), 504, undefined],
    [new FlockError("internal", "secret detail"), 500, undefined],
  ])("that fail before their first byte have their status: %s", async (error, status, retry) => {
    answerWith((job) => job.fail(error));
    for (const stream of [true, false]) {
      const response = await ask("/api/chat", { stream });
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toContain("application/json");
      expect([response.headers.get("retry-after"), response.headers.get("retry-after-ms")]).toEqual(
        retry ?? [null, null],
      );
      expect(await response.json()).toEqual({ error: status === 500 ? "internal error" : error.message });
    }
  });

  it("that fail after their first byte end with an error line and no done", async () => {
    answerWith((job) => {
      job.chunk("Hi");
      setImmediate(() => job.fail(new FlockError("aborted", "the worker failed to generate a response")));
    });
    const response = await ask("/api/generate", {});
    expect(response.status).toBe(200);
    const lines = await linesOf(response);
    expect(lines).toHaveLength(2);
    const error = "the worker failed to generate a response";
    expect(lines[1]).toEqual({ error, flock: expect.objectContaining({ charge_micro: null, resumes: 0 }) });
    await eventually("it was logged", () => api.logs.some((line) => line["error"] === "aborted"));
  });

  it.each([
    ["tool calls that are no JSON", { toolCallsJson: Buffer.from('[]}\n{"done":true}') }],
    ["tool calls without arguments", { toolCallsJson: json([{ function: { name: "f" } }]) }],
    ["logprobs that are no list", { logprobsJson: json({ token: "x" }) }],
    ["logprobs that are no objects", { logprobsJson: json([1]) }],
    [
      "tool calls too deep to be written",
      { toolCallsJson: Buffer.from(`[{"function":{"name":"f","arguments":{"a":${deep}}}}]`) },
    ],
    ["logprobs too deep to be written", { logprobsJson: Buffer.from(`[{"token":${deep}}]`) }],
  ] as [string, Partial<DeliveredChunk>][])("never carry a worker's %s", async (_what, nonsense) => {
    answerWith((job) => {
      job.chunk("Hi", nonsense);
      job.chunk("more");
      job.end();
    });
    for (const stream of [true, false]) {
      const response = await ask("/api/generate", { stream });
      expect(response.status).toBe(502);
      expect(await response.json()).toEqual({ error: "the worker failed to generate a response" });
    }
  });

  it.each([
    ["no JSON", Buffer.from("[[1,2]")],
    ["another number of vectors", json([[1], [2]])],
    ["vectors of text", json([["a"]])],
    ["nothing", new Uint8Array()],
  ])("never carry embeddings that are %s", async (_what, embeddingsJson) => {
    answerWith((job) => job.end({ embeddingsJson }));
    const response = await ask("/api/embed", { input: "x" });
    expect(response.status).toBe(502);
  });

  it("hold back pieces in which there is nothing to see", async () => {
    answerWith((job) => {
      job.chunk("");
      job.chunk("a");
      job.chunk("");
      job.end();
    });
    expect(await linesOf(await ask("/api/generate", {}))).toHaveLength(2);
  });

  it("submit what was asked for in canonical form", async () => {
    answerWith((job) => job.end());
    await ask("/api/chat", {
      messages: [{ role: "USER", content: "x", unknown: 1 }],
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      options: {
        num_thread: 8,
        num_gpu: 1,
        temperature: 0.5,
        top_k: 3.9,
        stop: "a",
        mirostat: 2,
        seed: null,
      },
      keep_alive: "10m",
      user: "me",
    });
    const { spec, body } = api.requester.lastJob;
    expect(body).toEqual({
      model: ABLE_MODEL.name,
      messages: [{ role: "user", content: "x" }],
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      options: { temperature: 0.5, top_k: 3, stop: ["a"], num_predict: 2_048, seed: expect.any(Number) },
    });
    expect(spec).toMatchObject({
      accountId: "alice",
      resume: "continue",
      coalesce: false,
      model: ABLE_MODEL.name,
      modelDigest: ABLE_MODEL.digest,
      completionTokensMax: 2_048,
      promptPriceMicro: 1n,
    });
  });

  it.each([
    [{ model }, "continue"],
    [{ model, stream: false }, "continue"],
    [{ model, format: "json" }, "whole"],
    [{ model, format: { type: "object" }, stream: false }, "whole"],
    [{ model: ABLE_MODEL.name }, "continue"],
    [{ model: ABLE_MODEL.name, stream: false }, "whole"],
    [{ model: ABLE_MODEL.name, think: false, stream: false }, "continue"],
    [{ model: ABLE_MODEL.name, think: false, format: "json" }, "whole"],
  ])("%j is gone on with like this if its worker is lost: %s", async (body, resume) => {
    answerWith((job) => job.end());
    await ask("/api/generate", body);
    expect(api.requester.lastJob.spec.resume).toBe(resume);
  });
});
