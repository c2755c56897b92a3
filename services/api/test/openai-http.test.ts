import { FlockError } from "@flock/errors";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { eventually } from "@flock/provision/testing";
import { post } from "./clients.js";
import { answerWithEcho, type FakeJob } from "./fake-requester.js";
import { ABLE_MODEL, PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const model = PLAIN_MODEL.name;
const OTHERS_MODEL = CatalogueEntry.fromPartial({ ...PLAIN_MODEL, name: "somebody/llama:7b" });
const messages = [{ role: "user", content: "one two three" }];
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

const PATHS = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"] as const;
const bodyOf = (path: string) => ({
  model,
  ...(path.includes("chat") ? { messages } : path.includes("embed") ? { input: "x" } : { prompt: "x y" }),
});

/** The data of each event of a stream, as it was sent. */
async function eventsOf(response: Response): Promise<string[]> {
  const text = await response.text();
  expect(text.endsWith("\n\n")).toBe(true);
  const events = text.slice(0, -2).split("\n\n");
  for (const event of events) expect(event).toMatch(/^data: [^\n]+$/);
  return events.map((event) => event.slice("data: ".length));
}

describe("OpenAI's API over HTTP", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({
      models: [PLAIN_MODEL, ABLE_MODEL, OTHERS_MODEL],
      corsOrigins: ["https://app.example"],
    });
  });
  beforeEach(() => {
    api.requester.onJob = answerWithEcho;
  });
  afterAll(() => api.stop());

  const answerWith = (answer: (job: FakeJob) => void) => {
    api.requester.onJob = answer;
  };
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    fetch(`${api.baseUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${api.apiKey}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const errorOf = async (response: Response) => {
    expect(response.headers.get("content-type")).toContain("application/json");
    return ((await response.json()) as { error: object }).error;
  };

  it.each(["/v1/chat/completions", "/v1/completions"])(
    "streams %s as events that nothing holds back",
    async (path) => {
      const response = await post(api, path, { ...bodyOf(path), stream: true });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect(response.headers.get("x-accel-buffering")).toBe("no");
      for (const header of ["content-length", "content-encoding"])
        expect(response.headers.get(header)).toBeNull();
      const events = await eventsOf(response);
      expect(events.at(-1)).toBe("[DONE]");
      expect(events.length).toBeGreaterThan(3);
      expect(api.requester.lastJob.spec.jobId).toBe(response.headers.get("x-request-id"));
    },
  );

  it("keeps any text whole, event by event", async () => {
    const texts = ['"', "\\", "\n\n", "\u2028", "é", "🦙", "\u0000", "data: [DONE]\n\n", "\ud800"];
    answerWith((job) => {
      for (const text of texts) job.chunk(text);
      job.end();
    });
    const events = await eventsOf(
      await post(api, "/v1/chat/completions", { ...bodyOf("chat"), stream: true }),
    );
    expect(events.pop()).toBe("[DONE]");
    expect(events.slice(0, -1).map((event) => JSON.parse(event).choices[0].delta.content)).toEqual(texts);
  });

  it("gives the same frames when another worker went on with the answer", async () => {
    // What is left of a replayed answer comes in other pieces: the rest of a word, or more than one at once.
    const thinking = { thinking: "hm", tokens: 1 };
    const calls = [{ function: { name: "f", arguments: {} } }];
    answerWith((job) => {
      job.chunk("", thinking);
      job.chunk("Hel");
      setImmediate(() => {
        job.chunk("", { tokens: 0 });
        job.chunk("lo, wor", { tokens: 2 });
        job.chunk("ld", { toolCallsJson: json(calls) });
        job.end({ leases: 2 });
      });
    });
    const body = { model: ABLE_MODEL.name, messages, stream: true, stream_options: { include_usage: true } };
    const events = await eventsOf(await post(api, "/v1/chat/completions", body));
    expect(events.pop()).toBe("[DONE]");
    const chunks = events.map((event) => JSON.parse(event));
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
    expect(chunks.map(({ choices }) => choices[0])).toEqual([
      { index: 0, delta: { role: "assistant", content: "", reasoning: "hm" }, finish_reason: null },
      { index: 0, delta: { content: "Hel" }, finish_reason: null },
      { index: 0, delta: { content: "lo, wor" }, finish_reason: null },
      {
        index: 0,
        delta: { content: "ld", tool_calls: [expect.objectContaining({ index: 0 })] },
        finish_reason: null,
      },
      { index: 0, delta: {}, finish_reason: "tool_calls" },
      undefined,
    ]);
    expect(chunks.at(-1).usage.prompt_tokens).toBe(7);
  });

  it("ends a stream that fails with its error, and nothing behind it", async () => {
    answerWith((job) => {
      job.chunk("Hi");
      setImmediate(() => job.fail(new FlockError("aborted", "the worker failed to generate a response")));
    });
    for (const path of ["/v1/chat/completions", "/v1/completions"]) {
      const events = await eventsOf(await post(api, path, { ...bodyOf(path), stream: true }));
      expect(events).toHaveLength(2);
      expect(JSON.parse(events[1] ?? "")).toEqual({
        flock: expect.any(Object),
        error: {
          message: "the worker failed to generate a response",
          type: "api_error",
          param: null,
          code: null,
        },
      });
    }
  });

  it.each([
    [new FlockError("insufficient_funds", "insufficient balance"), 402, "insufficient_quota", null],
    [
      new FlockError("resource_exhausted", "slow", { retry: { afterMs: 2_400 } }),
      429,
      "rate_limit_exceeded",
      "3",
    ],
    [new FlockError("unavailable", "server busy"), 503, "overloaded", "1"],
    [new FlockError("aborted", "failed"), 502, null, null],
    [new FlockError("deadline_exceeded", "late"), 504, null, null],
  ])(
    "answers %s before the first byte with its status, in plain JSON",
    async (error, status, code, retryAfter) => {
      answerWith((job) => job.fail(error));
      for (const stream of [true, false]) {
        const response = await post(api, "/v1/chat/completions", { ...bodyOf("chat"), stream });
        expect([response.status, response.headers.get("retry-after")]).toEqual([status, retryAfter]);
        expect(await errorOf(response)).toEqual({
          message: error.message,
          type: expect.any(String),
          param: null,
          code,
        });
      }
    },
  );

  it.each([...PATHS, "/v1/models", "/v1/models/x", "/v1/nowhere"])(
    "lets nobody without a key see more of %s than 401, whatever the body is",
    async (path) => {
      const method = path.startsWith("/v1/models") ? "GET" : "POST";
      for (const authorization of ["", "Bearer", "Bearer flk_wrong", "Basic eDp5"]) {
        const response = await ask(method, path, { authorization }, method === "GET" ? undefined : "{bad");
        expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
        expect(await errorOf(response)).toEqual({
          message: expect.stringContaining("unauthorized"),
          type: "invalid_request_error",
          param: null,
          code: "invalid_api_key",
        });
      }
    },
  );

  it("takes the key in any case of Bearer, and in front of the path", async () => {
    const statuses = await Promise.all(
      [
        ask("GET", "/v1/models", { authorization: `bearer ${api.apiKey}` }),
        ask("GET", "/v1/models", { authorization: `BEARER ${api.apiKey}` }),
        ask("GET", `/k/${api.apiKey}/v1/models`, { authorization: "Bearer placeholder" }),
        ask("POST", `/k/${api.apiKey}/v1/completions`, { authorization: "" }, JSON.stringify(bodyOf("text"))),
      ].map(async (asked) => {
        const response = await asked;
        await response.text();
        return response.status;
      }),
    );
    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  it.each([
    ["GET", "/v1"],
    ["POST", "/v1/audio/transcriptions"],
    ["POST", "/v1/images/generations"],
    ["GET", "/v1/files"],
    ["POST", "/v1/batches"],
    ["POST", "/v1/fine_tuning/jobs"],
    ["POST", "/v1/assistants"],
    ["GET", "/v1/messagesx"],
  ])("says in OpenAI's form that there is no %s %s", async (method, path) => {
    const response = await ask(method, path, {}, method === "GET" ? undefined : "{}");
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toEqual({
      message: `path ${path} not found`,
      type: "not_found_error",
      param: null,
      code: null,
    });
  });

  it.each([
    ["GET", "/v1/chat/completions", "POST"],
    ["DELETE", "/v1/models/x", "GET, HEAD"],
    ["POST", "/v1/models", "GET, HEAD"],
  ])("says in OpenAI's form that %s %s is none of its methods", async (method, path, allow) => {
    const response = await ask(method, path);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(await errorOf(response)).toEqual({
      message: "method not allowed",
      type: "invalid_request_error",
      param: null,
      code: null,
    });
  });

  it.each([
    ["", 400, "missing request body"],
    ["{bad", 400, "not valid JSON"],
    ["[]", 400, "must be a JSON object"],
    [`{"messages":${"[".repeat(300_000)}`, 400, "nested too deeply"],
    ["x".repeat(20 * 1024 * 1024 + 1), 413, "request body too large"],
  ])("refuses the body %.20s with %i", async (body, status, message) => {
    for (const path of PATHS) {
      const response = await ask("POST", path, {}, body);
      expect(response.status).toBe(status);
      expect(await errorOf(response)).toEqual({
        message: expect.stringContaining(message),
        type: "invalid_request_error",
        param: null,
        code: status === 413 ? "request_too_large" : null,
      });
    }
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary", ";"])(
    "does not mind the content type %j",
    async (type) => {
      for (const path of PATHS) {
        const response = await ask("POST", path, { "content-type": type }, JSON.stringify(bodyOf(path)));
        expect([response.status, (await response.text()).length > 0]).toEqual([200, true]);
      }
    },
  );

  it.each([
    ["nobody-has-this", 404, "model 'nobody-has-this' not found", "model_not_found"],
    ["", 400, "model is required", null],
    ["../../etc/passwd", 400, "invalid model name", null],
  ])("knows no model %j", async (name, status, message, code) => {
    for (const path of PATHS)
      for (const stream of [false, true]) {
        const response = await post(api, path, { ...bodyOf(path), model: name, stream });
        expect(response.status).toBe(status);
        expect(await errorOf(response)).toMatchObject({ message, param: null, code });
      }
  });

  it("lists its models, with whose they are", async () => {
    const response = await ask("GET", "/v1/models?limit=5");
    const modelOf = (id: string, owner: string) => ({
      id,
      object: "model",
      created: 1_700_000_000,
      owned_by: owner,
      flock: { prompt_price_micro: "1", completion_price_micro: "2" },
    });
    expect(await response.json()).toEqual({
      object: "list",
      data: [
        modelOf("flock-tiny:latest", "library"),
        modelOf("able:7b", "library"),
        modelOf("somebody/llama:7b", "somebody"),
      ],
    });
  });

  it.each([
    ["flock-tiny", "flock-tiny", 200],
    ["flock-tiny:latest", "flock-tiny:latest", 200],
    ["flock-tiny%3Alatest", "flock-tiny:latest", 200],
    ["somebody/llama:7b", "somebody/llama:7b", 200],
    ["somebody%2Fllama:7b", "somebody/llama:7b", 200],
    ["somebody%2fllama%3a7b", "somebody/llama:7b", 200],
    ["Registry.ollama.ai/somebody/llama:7b", "Registry.ollama.ai/somebody/llama:7b", 200],
    ["somebody/flock-tiny", "", 404],
    ["nobody%2Fllama:7b", "", 404],
    [`${"m".repeat(80)}/${"n".repeat(80)}:${"t".repeat(80)}`, "", 404],
    ["a:b:c", "", 400],
    ["m".repeat(301), "", 400],
    ["%zz", "", 400],
  ])("finds the model at /v1/models/%s", async (path, id, status) => {
    const response = await ask("GET", `/v1/models/${path}`);
    expect(response.status).toBe(status);
    if (status === 200) expect(await response.json()).toMatchObject({ id, object: "model" });
    else expect(await errorOf(response)).toMatchObject({ param: null, type: expect.any(String) });
  });

  it.each([true, false])(
    "answers a completion without a prompt with nothing, streamed: %s",
    async (stream) => {
      const jobs = api.requester.jobs.length;
      const body = { model, stream, stream_options: { include_usage: true } };
      const response = await post(api, "/v1/completions", body);
      const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
      if (stream) {
        expect(response.headers.get("content-length")).toBeNull();
        const events = await eventsOf(response);
        expect(events.pop()).toBe("[DONE]");
        expect(events.map((event) => JSON.parse(event).usage)).toEqual([null, usage]);
      } else expect(await response.json()).toMatchObject({ choices: [{ text: "" }], usage });
      expect(api.requester.jobs).toHaveLength(jobs);
    },
  );

  it("lets a page send what OpenAI's library sends, and read the request's id", async () => {
    const origin = "https://app.example";
    const sent = [
      "authorization",
      "content-type",
      "openai-beta",
      "x-stainless-os",
      "x-stainless-retry-count",
    ];
    const preflight = await fetch(`${api.baseUrl}/v1/chat/completions`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": sent.join(", "),
      },
    });
    expect(preflight.status).toBe(204);
    const allowed = preflight.headers.get("access-control-allow-headers");
    for (const header of sent) expect(allowed).toContain(header);
    for (const authorization of [`Bearer ${api.apiKey}`, ""]) {
      const headers = { origin, authorization };
      const response = await ask("POST", "/v1/chat/completions", headers, JSON.stringify(bodyOf("chat")));
      await response.text();
      expect(response.headers.get("access-control-allow-origin")).toBe(origin);
      expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
      expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("never logs a prompt", async () => {
    await (await post(api, "/v1/completions", { model, prompt: "a private thought" })).text();
    await eventually("it is in the log", () => api.logs.some((line) => line["path"] === "/v1/completions"));
    expect(JSON.stringify(api.logs)).not.toContain("private");
  });
});
