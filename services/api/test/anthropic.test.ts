import Anthropic from "@anthropic-ai/sdk";
import { FlockError } from "@flock/errors";
import { eventually } from "@flock/provision/testing";
import { post } from "./clients.js";
import { answerWithEcho, type FakeJob } from "./fake-requester.js";
import { ABLE_MODEL, PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const HI: Anthropic.MessageParam[] = [{ role: "user", content: "one two three" }];
const TOOL: Anthropic.Tool = {
  name: "weather",
  description: "of a city",
  input_schema: { type: "object", properties: { city: { type: "string" } } },
};
const CALL = { id: "call_1", function: { name: "weather", arguments: { city: "Paris" } } };
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("Anthropic's client", () => {
  let api: TestApi;
  let client: Anthropic;
  beforeAll(async () => {
    api = await startTestApi();
    client = new Anthropic({ baseURL: api.baseUrl, apiKey: api.apiKey, maxRetries: 0 });
  });
  afterAll(() => api.stop());

  const answerWith = (answer: (job: FakeJob) => void) => {
    api.requester.onJob = answer;
  };
  const asked = (more: object = {}) => ({
    model: ABLE_MODEL.name,
    max_tokens: 50,
    messages: HI,
    ...more,
  });
  /** Thinks, speaks, calls a tool; one chunk per turn of the event loop. */
  const sayAll = (job: FakeJob) => {
    const chunks = [
      () => job.chunk("", { thinking: "hm" }),
      () => job.chunk("Let me "),
      () => job.chunk("look."),
      () => job.chunk("", { toolCallsJson: json([CALL]) }),
      () => job.end(),
    ];
    const next = () => {
      chunks.shift()?.();
      if (chunks.length > 0) setImmediate(next);
    };
    setImmediate(next);
  };
  const SAID = [
    { type: "thinking", thinking: "hm", signature: "" },
    { type: "text", text: "Let me look." },
    { type: "tool_use", id: "call_1", name: "weather", input: { city: "Paris" } },
  ];

  it("gets a whole message with its usage, with either header for its key", async () => {
    answerWith(answerWithEcho);
    const withToken = new Anthropic({ baseURL: api.baseUrl, authToken: api.apiKey, apiKey: null });
    for (const each of [client, withToken]) {
      const message = await each.messages.create(asked());
      expect(message).toMatchObject({
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
        type: "message",
        role: "assistant",
        model: ABLE_MODEL.name,
        content: [{ type: "text", text: "one two three" }],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: { input_tokens: 7, output_tokens: 3 },
      });
      expect(message._request_id).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("is told when its limit was reached", async () => {
    answerWith(answerWithEcho);
    const message = await client.messages.create(asked({ max_tokens: 2 }));
    expect(message).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 2 } });
    expect(api.requester.lastJob.spec.completionTokensMax).toBe(2);
  });

  it("gets thinking, text and calls of tools, streamed as whole", async () => {
    answerWith(sayAll);
    const request = asked({ tools: [TOOL] });
    const whole = await client.messages.create(request);
    expect(whole).toMatchObject({ content: SAID, stop_reason: "tool_use" });
    const stream = client.messages.stream(request);
    let text = "";
    stream.on("text", (delta) => {
      text += delta;
    });
    const streamed = await stream.finalMessage();
    expect(text).toBe("Let me look.");
    expect(streamed).toMatchObject({ content: SAID, stop_reason: "tool_use", usage: whole.usage });
    expect(Object.keys(streamed)).toEqual(
      expect.arrayContaining(Object.keys(whole).filter((key) => key[0] !== "_")),
    );
  });

  it("hands in the results of tools, of which the model is told the names", async () => {
    answerWith(answerWithEcho);
    const first = await client.messages.create(asked({ messages: HI }));
    answerWith(sayAll);
    const called = await client.messages.create(asked({ tools: [TOOL] }));
    const [, , use] = called.content;
    answerWith((job) => {
      job.chunk("Sunny.");
      job.end();
    });
    await client.messages.create(
      asked({
        system: "Be brief.",
        tools: [TOOL],
        messages: [
          ...HI,
          { role: "assistant", content: [...first.content, ...called.content] },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: use?.type === "tool_use" ? use.id : "", content: "sun" },
            ],
          },
        ],
      }),
    );
    expect(api.requester.lastJob.body["messages"]).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "one two three" },
      {
        role: "assistant",
        content: "one two threeLet me look.",
        thinking: "hm",
        tool_calls: [CALL],
      },
      { role: "tool", content: "sun", tool_name: "weather", tool_call_id: "call_1" },
    ]);
    expect(api.requester.lastJob.body["tools"]).toEqual([
      {
        type: "function",
        function: { name: "weather", description: "of a city", parameters: TOOL.input_schema },
      },
    ]);
  });

  it("may ask any model to think, and the one that can is told", async () => {
    answerWith((job) => job.end());
    const thinking = { type: "enabled", budget_tokens: 1_024 };
    await client.messages.create(asked({ thinking }));
    expect(api.requester.lastJob.body["think"]).toBe(true);
    await client.messages.create(asked({ thinking: { type: "disabled" } }));
    expect(api.requester.lastJob.body["think"]).toBe(false);
    await client.messages.create(asked({ thinking, model: PLAIN_MODEL.name }));
    expect(api.requester.lastJob.body).not.toHaveProperty("think");
    const effort = { output_config: { effort: "high" }, model: PLAIN_MODEL.name };
    await client.messages.create(asked(effort));
    expect(api.requester.lastJob.body).not.toHaveProperty("think");
  });

  it("that aborts a stream in the middle cancels the job", async () => {
    answerWith((job) => job.chunk("Hi"));
    const stream = client.messages.stream(asked());
    const read = async () => {
      for await (const event of stream) if (event.type === "content_block_delta") stream.abort();
    };
    await expect(read()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    await eventually("the job is cancelled", () => api.requester.lastJob.cancelledMs !== undefined);
  });

  it("that aborts a request for a whole message cancels the job", async () => {
    answerWith(() => {});
    const jobs = api.requester.jobs.length;
    const abort = new AbortController();
    const message = client.messages.create(asked(), { signal: abort.signal });
    const refused = expect(message).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    await eventually("the job is there", () => api.requester.jobs.length > jobs);
    abort.abort();
    await refused;
    await eventually("the job is cancelled", () => api.requester.lastJob.cancelledMs !== undefined);
  });

  it.each([
    ["not_found", 404, Anthropic.NotFoundError, "not_found_error"],
    ["insufficient_funds", 402, Anthropic.APIError, "billing_error"],
    ["invalid_argument", 400, Anthropic.BadRequestError, "invalid_request_error"],
    ["resource_exhausted", 429, Anthropic.RateLimitError, "rate_limit_error"],
    ["unavailable", 503, Anthropic.InternalServerError, "overloaded_error"],
    ["aborted", 502, Anthropic.InternalServerError, "api_error"],
  ] as const)(
    "gets %s before an answer as a typed error, streamed or not",
    async (code, status, type, name) => {
      answerWith((job) => job.fail(new FlockError(code, "told why")));
      for (const stream of [true, false]) {
        const refused = client.messages.create({ ...asked(), stream });
        await expect(refused).rejects.toBeInstanceOf(type);
        await expect(refused).rejects.toMatchObject({
          status,
          requestID: expect.stringMatching(/^[0-9a-f-]{36}$/),
          error: { type: "error", error: { type: name, message: "told why" } },
        });
      }
    },
  );

  it("gets an error in the middle of a stream as one, and never a whole message", async () => {
    answerWith((job) => {
      job.chunk("Hi");
      setImmediate(() => job.fail(new FlockError("aborted", "the worker failed to generate a response")));
    });
    const types: string[] = [];
    const read = async () => {
      for await (const event of await client.messages.create({ ...asked(), stream: true }))
        types.push(event.type);
    };
    await expect(read()).rejects.toMatchObject({
      error: {
        type: "error",
        error: { type: "api_error", message: "the worker failed to generate a response" },
      },
    });
    expect(types).toEqual(["message_start", "content_block_start", "content_block_delta"]);
  });

  it("is told that its key, a model or a request is wrong, and what is not offered", async () => {
    const stranger = new Anthropic({ baseURL: api.baseUrl, apiKey: "nobody", maxRetries: 0 });
    await expect(stranger.messages.create(asked())).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    await expect(client.messages.create(asked({ model: "nobody" }))).rejects.toMatchObject({
      status: 404,
      error: { error: { message: "model 'nobody' not found" } },
    });
    await expect(client.messages.create(asked({ max_tokens: 0 }))).rejects.toBeInstanceOf(
      Anthropic.BadRequestError,
    );
    const withTools = asked({ model: PLAIN_MODEL.name, tools: [TOOL] });
    await expect(client.messages.create(withTools)).rejects.toMatchObject({
      status: 400,
      error: { error: { message: `${PLAIN_MODEL.name} does not support tools` } },
    });
    await expect(
      client.messages.countTokens({ model: PLAIN_MODEL.name, messages: HI }),
    ).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("lists models and sees one", async () => {
    const models = await client.models.list();
    const info = (name: string) => ({
      type: "model",
      id: name,
      display_name: name,
      created_at: "2023-11-14T22:13:20.000Z",
      flock: { prompt_price_micro: "1", completion_price_micro: "2" },
    });
    expect(models).toMatchObject({
      data: [info(PLAIN_MODEL.name), info(ABLE_MODEL.name)],
      has_more: false,
      first_id: PLAIN_MODEL.name,
      last_id: ABLE_MODEL.name,
    });
    expect(await client.models.retrieve(ABLE_MODEL.name)).toMatchObject(info(ABLE_MODEL.name));
    const spelled = "library/flock-tiny";
    expect(await client.models.retrieve(spelled)).toMatchObject({
      id: spelled,
      display_name: PLAIN_MODEL.name,
    });
    await expect(client.models.retrieve("nobody")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("is answered in its own form on any path and with any method of the dialect", async () => {
    const headers = { "x-api-key": api.apiKey, "anthropic-version": "2023-06-01" };
    for (const [method, path, status, type] of [
      ["GET", "/v1/messages", 405, "invalid_request_error"],
      ["POST", "/v1/messages/batches", 404, "not_found_error"],
      ["GET", "/v1/files", 404, "not_found_error"],
    ] as const) {
      const response = await fetch(`${api.baseUrl}${path}`, { method, headers });
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({
        type: "error",
        error: { type, message: expect.any(String) },
        request_id: response.headers.get("request-id"),
      });
      expect(response.headers.get("request-id")).toBe(response.headers.get("x-request-id"));
    }
  });

  it("gets a stream of events that nothing on the way holds back", async () => {
    answerWith(sayAll);
    const response = await post(api, "/v1/messages?beta=true", { ...asked(), stream: true });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      "request-id": expect.any(String),
    });
    expect(response.headers.has("content-length")).toBe(false);
    const text = await response.text();
    expect(text).not.toContain("[DONE]");
    expect(text.trimEnd().split("\n\n").at(-1)).toBe('event: message_stop\ndata: {"type":"message_stop"}');
  });
});
