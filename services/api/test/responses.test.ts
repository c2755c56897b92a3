import { FlockError } from "@flock/errors";
import { eventually } from "@flock/provision/testing";
import OpenAI from "openai";
import { post } from "./clients.js";
import { answerWithEcho, type FakeJob } from "./fake-requester.js";
import { ABLE_MODEL, PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const TOOL: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "weather",
  description: "of a city",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  strict: false,
};
const CALL = { id: "call_1", function: { name: "weather", arguments: { city: "Paris" } } };
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe("OpenAI's client of the Responses API", () => {
  let api: TestApi;
  let client: OpenAI;
  beforeAll(async () => {
    api = await startTestApi();
    client = new OpenAI({ baseURL: `${api.baseUrl}/v1`, apiKey: api.apiKey, maxRetries: 0 });
  });
  afterAll(() => api.stop());

  const answerWith = (answer: (job: FakeJob) => void) => {
    api.requester.onJob = answer;
  };
  const model = ABLE_MODEL.name;
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

  it("gets a whole response with its usage and its settings", async () => {
    answerWith(answerWithEcho);
    const response = await client.responses.create({
      model,
      input: "one two three",
      instructions: "Be brief.",
      temperature: 0,
    });
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
      object: "response",
      status: "completed",
      model,
      output_text: "one two three",
      instructions: "Be brief.",
      temperature: 0,
      store: false,
      usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 },
    });
    expect(response._request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(api.requester.lastJob.body["messages"]).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "one two three" },
    ]);
  });

  it("is told when its limit was reached, streamed or not", async () => {
    answerWith(answerWithEcho);
    const request = { model, input: "one two three", max_output_tokens: 2 };
    const whole = await client.responses.create(request);
    const streamed = await client.responses.stream(request).finalResponse();
    for (const response of [whole, streamed])
      expect(response).toMatchObject({
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        output_text: "one two ",
      });
  });

  it("gets thinking, text and calls of tools, streamed as whole", async () => {
    answerWith(sayAll);
    const request = { model, input: "x", tools: [TOOL] };
    const { output, usage } = await client.responses.create(request);
    expect(output).toMatchObject([
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
      { type: "message", content: [{ type: "output_text", text: "Let me look." }] },
      { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Paris"}' },
    ]);
    const stream = client.responses.stream(request);
    let text = "";
    stream.on("response.output_text.delta", ({ delta }) => {
      text += delta;
    });
    const streamed = await stream.finalResponse();
    expect(text).toBe("Let me look.");
    expect(streamed).toMatchObject({
      output_text: text,
      usage,
      output: output.map(({ id: _, ...item }) => item),
    });
  });

  it("hands in the results of tools, with all that the model said before", async () => {
    answerWith(sayAll);
    const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: "How is it?" }];
    const called = await client.responses.create({ model, input, tools: [TOOL] });
    // CAST: what the api answered is what it takes back; the library has two types for it.
    input.push(...(called.output as OpenAI.Responses.ResponseInputItem[]));
    input.push({ type: "function_call_output", call_id: "call_1", output: "sun" });
    await client.responses.create({ model, input, tools: [TOOL] });
    expect(api.requester.lastJob.body["messages"]).toEqual([
      { role: "user", content: "How is it?" },
      { role: "assistant", content: "Let me look.", thinking: "hm", tool_calls: [CALL] },
      { role: "tool", content: "sun", tool_name: "weather", tool_call_id: "call_1" },
    ]);
    const { type, name, description, parameters } = TOOL;
    expect(api.requester.lastJob.body["tools"]).toEqual([
      { type, function: { name, description, parameters } },
    ]);
  });

  it("gets a response without a job if it asks nothing, as from Ollama", async () => {
    const jobs = api.requester.jobs.length;
    const whole = await client.responses.create({ model, input: "" });
    const streamed = await client.responses.stream({ model, input: "" }).finalResponse();
    for (const response of [whole, streamed])
      expect(response).toMatchObject({ status: "completed", output_text: "", usage: { total_tokens: 0 } });
    expect(api.requester.jobs).toHaveLength(jobs);
    const nobody = client.responses.create({ model: "nobody", input: "" });
    await expect(nobody).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("that aborts a stream in the middle cancels the job", async () => {
    answerWith((job) => job.chunk("Hi"));
    const stream = await client.responses.create({ model, input: "x", stream: true });
    for await (const event of stream)
      if (event.type === "response.output_text.delta") stream.controller.abort();
    await eventually("the job is cancelled", () => api.requester.lastJob.cancelledMs !== undefined);
  });

  it("that aborts a request for a whole response cancels the job", async () => {
    answerWith(() => {});
    const jobs = api.requester.jobs.length;
    const abort = new AbortController();
    const response = client.responses.create({ model, input: "x" }, { signal: abort.signal });
    const refused = expect(response).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await eventually("the job is there", () => api.requester.jobs.length > jobs);
    abort.abort();
    await refused;
    await eventually("the job is cancelled", () => api.requester.lastJob.cancelledMs !== undefined);
  });

  it.each([
    ["not_found", 404, OpenAI.NotFoundError, "model_not_found"],
    ["insufficient_funds", 402, OpenAI.APIError, "insufficient_quota"],
    ["invalid_argument", 400, OpenAI.BadRequestError, null],
    ["resource_exhausted", 429, OpenAI.RateLimitError, "rate_limit_exceeded"],
    ["unavailable", 503, OpenAI.InternalServerError, "overloaded"],
    ["aborted", 502, OpenAI.InternalServerError, null],
  ] as const)(
    "gets %s before an answer as a typed error, streamed or not",
    async (name, status, type, code) => {
      answerWith((job) => job.fail(new FlockError(name, "told why")));
      for (const stream of [true, false]) {
        const refused = client.responses.create({ model, input: "x", stream });
        await expect(refused).rejects.toBeInstanceOf(type);
        await expect(refused).rejects.toMatchObject({ status, code, error: { message: "told why" } });
      }
    },
  );

  it("gets an error in the middle of a stream as a failed response, and nothing behind it", async () => {
    answerWith((job) => {
      job.chunk("Hi");
      setImmediate(() => job.fail(new FlockError("aborted", "the worker failed to generate a response")));
    });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model, input: "x", stream: true }))
      events.push(event);
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      sequence_number: events.length - 1,
      response: {
        status: "failed",
        error: { code: "server_error", message: "the worker failed to generate a response" },
      },
    });
  });

  it("is told that its key or a request is wrong, and what is not offered", async () => {
    const stranger = new OpenAI({ baseURL: `${api.baseUrl}/v1`, apiKey: "nobody", maxRetries: 0 });
    const unknown = stranger.responses.create({ model, input: "x" });
    await expect(unknown).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    const goneOn = client.responses.create({ model, input: "x", previous_response_id: "resp_x" });
    await expect(goneOn).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
    const plain = PLAIN_MODEL.name;
    const withTools = client.responses.create({ model: plain, input: "x", tools: [TOOL] });
    await expect(withTools).rejects.toMatchObject({
      status: 400,
      error: { message: `${plain} does not support tools` },
    });
    const thinking = client.responses.create({ model: plain, input: "x", reasoning: { effort: "low" } });
    await expect(thinking).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(client.responses.retrieve("resp_x")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("gets a stream of events that nothing on the way holds back", async () => {
    answerWith(sayAll);
    const response = await post(api, "/v1/responses", { model, input: "x", stream: true });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
    const text = await response.text();
    expect(text).not.toContain("[DONE]");
    expect(text.trimEnd().split("\n\n").at(-1)).toMatch(/^event: response\.completed\ndata: /);
  });
});
