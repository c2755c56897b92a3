import { FlockError } from "@flock/errors";
import { eventually } from "@flock/provision/testing";
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { answerWithEcho, type FakeJob } from "./fake-requester.js";
import { ABLE_MODEL, PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const model = ABLE_MODEL.name;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const messages = [{ role: "user" as const, content: "one two three" }];
const tools = [
  {
    type: "function" as const,
    function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
  },
];

/** OpenAI's own library, as any program uses it: with another base URL, and a key. */
describe("the openai client, unmodified", () => {
  let api: TestApi;
  let client: OpenAI;
  beforeAll(async () => {
    api = await startTestApi();
    client = new OpenAI({ baseURL: `${api.baseUrl}/v1`, apiKey: api.apiKey, maxRetries: 0 });
  });
  beforeEach(() => {
    api.requester.onJob = answerWithEcho;
  });
  afterAll(() => api.stop());

  const answerWith = (answer: (job: FakeJob) => void) => {
    api.requester.onJob = answer;
  };

  it("chats", async () => {
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices[0]).toMatchObject({
      message: { role: "assistant", content: "one two three" },
      finish_reason: "stop",
    });
    expect(answer.usage).toEqual({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 });
    expect(answer._request_id).toBe(api.requester.lastJob.spec.jobId);
  });

  it("chats as a stream, with and without usage", async () => {
    for (const include_usage of [true, false]) {
      const stream = await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage },
      });
      let text = "";
      const usages = [];
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? "";
        if (chunk.usage) usages.push(chunk.usage.total_tokens);
      }
      expect(text).toBe("one two three");
      expect(usages).toEqual(include_usage ? [10] : []);
    }
  });

  it("puts a stream together by itself", async () => {
    answerWith((job) => {
      job.chunk("", { thinking: "hm" });
      job.chunk("Hi");
      job.chunk("", {
        toolCallsJson: json([
          { function: { name: "weather", arguments: { city: "Paris" } } },
          { function: { name: "weather", arguments: { city: "Lima" } } },
        ]),
      });
      job.end();
    });
    const stream = client.chat.completions.stream({ model, messages, tools });
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]).toMatchObject({ message: { content: "Hi" }, finish_reason: "tool_calls" });
    expect(choices[0]?.message.tool_calls?.map((call) => "function" in call && call.function)).toEqual([
      { name: "weather", arguments: '{"city":"Paris"}' },
      { name: "weather", arguments: '{"city":"Lima"}' },
    ]);
  });

  it("runs tools until the model has its answer", async () => {
    answerWith((job) => {
      const turns = job.body["messages"] as { role: string; content: string }[];
      const last = turns.at(-1);
      if (last?.role === "tool") job.chunk(`It is ${last.content}.`);
      else
        job.chunk("", {
          toolCallsJson: json([{ function: { name: "weather", arguments: { city: "Paris" } } }]),
        });
      job.end();
    });
    const asked: string[] = [];
    const runner = client.chat.completions.runTools({
      model,
      messages,
      tools: [
        {
          type: "function",
          function: {
            name: "weather",
            description: "The weather in a city",
            parameters: { type: "object", properties: { city: { type: "string" } } },
            function: (given: string) => {
              asked.push(JSON.parse(given).city);
              return "18 C";
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe("It is 18 C.");
    expect(asked).toEqual(["Paris"]);
    const history = api.requester.lastJob.body["messages"] as Record<string, unknown>[];
    const id = expect.stringMatching(/^call_/);
    expect(history.slice(1)).toEqual([
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id, function: { index: 0, name: "weather", arguments: { city: "Paris" } } }],
      },
      { role: "tool", content: "18 C", tool_name: "weather", tool_call_id: id },
    ]);
  });

  it("asks for an answer that fits a schema, and parses it", async () => {
    answerWith((job) => {
      job.chunk('{"capital":');
      job.chunk('"Lima"}');
      job.end();
    });
    const schema = {
      type: "object",
      properties: { capital: { type: "string" } },
      required: ["capital"],
      additionalProperties: false,
    };
    const answer = await client.chat.completions.parse({
      model,
      messages,
      response_format: { type: "json_schema", json_schema: { name: "capital", strict: true, schema } },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({ capital: "Lima" });
    expect(api.requester.lastJob.body["format"]).toEqual(schema);
  });

  it("sends images, and what the system says by its new name", async () => {
    await client.chat.completions.create({
      model,
      messages: [
        { role: "developer", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is it?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          ],
        },
      ],
      reasoning_effort: "low",
      max_completion_tokens: 9,
      stop: "x",
      seed: 5,
    });
    expect(api.requester.lastJob.body).toMatchObject({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "What is it?", images: ["AAAA"] },
      ],
      think: "low",
      options: { temperature: 1, top_p: 1, num_predict: 9, stop: ["x"], seed: 5 },
    });
  });

  it("reads logprobs", async () => {
    const answer = await client.chat.completions.create({ model, messages, logprobs: true, top_logprobs: 0 });
    const [first] = answer.choices[0]?.logprobs?.content ?? [];
    expect(first).toEqual({ token: "one ", logprob: -0.5, bytes: [111, 110, 101, 32], top_logprobs: [] });
  });

  it("completes text, whole and as a stream", async () => {
    const request = { model, prompt: "one two three", max_tokens: 2 };
    const answer = await client.completions.create({ ...request, suffix: "end" });
    expect(answer).toMatchObject({
      choices: [{ text: "one two ", finish_reason: "length" }],
      usage: { completion_tokens: 2 },
    });
    expect(api.requester.lastJob.body["suffix"]).toBe("end");
    const stream = await client.completions.create({ ...request, stream: true });
    let text = "";
    const reasons = [];
    for await (const { choices } of stream) {
      text += choices[0]?.text;
      reasons.push(choices[0]?.finish_reason);
    }
    expect(text).toBe("one two ");
    expect(reasons).toEqual([null, null, "length"]);
  });

  it("embeds, in base64 because it asks for that by itself, and in numbers", async () => {
    for (const format of [{}, { encoding_format: "float" }, { encoding_format: "base64" }] as const) {
      const { data, usage } = await client.embeddings.create({ model, input: ["a", "b"], ...format });
      expect(data.map(({ index }) => index)).toEqual([0, 1]);
      for (const { embedding } of data) {
        const vector = typeof embedding === "string" ? floatsIn(embedding) : embedding;
        expect(vector).toHaveLength(2);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
      }
      expect(usage).toEqual({ prompt_tokens: 7, total_tokens: 7 });
    }
    await client.embeddings.create({ model, input: "a", dimensions: 4 });
    expect(api.requester.lastJob.body["dimensions"]).toBe(4);
  });

  it("lists models and retrieves one, whose name is a path", async () => {
    const ids = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual([PLAIN_MODEL.name, ABLE_MODEL.name]);
    expect(await client.models.retrieve("library/flock-tiny:latest")).toMatchObject({
      id: "library/flock-tiny:latest",
      owned_by: "library",
    });
  });

  it("cancels the job when it leaves in the middle of a stream", async () => {
    answerWith((job) => job.chunk("first"));
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const _chunk of stream) break;
    const left = api.requester.lastJob;
    await eventually("the job was cancelled", () => left.cancelledMs !== undefined);

    const aborted = await client.chat.completions.create({ model, messages, stream: true });
    aborted.controller.abort();
    const job = api.requester.lastJob;
    await eventually("the job was cancelled", () => job.cancelledMs !== undefined);
  });

  it("cancels the job when it leaves before an answer that is not streamed", async () => {
    answerWith(() => {});
    const leave = new AbortController();
    const before = api.requester.jobs.length;
    const answer = client.chat.completions.create({ model, messages }, { signal: leave.signal });
    await eventually("the job was submitted", () => api.requester.jobs.length > before);
    leave.abort();
    await expect(answer).rejects.toThrow("aborted");
    await eventually("the job was cancelled", () => api.requester.lastJob.cancelledMs !== undefined);
  });

  it("knows each error by its class", async () => {
    const { create } = client.chat.completions;
    const ask = (body: object = {}) => create.call(client.chat.completions, { model, messages, ...body });
    const stranger = new OpenAI({ baseURL: `${api.baseUrl}/v1`, apiKey: "flk_wrong", maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toThrow(AuthenticationError);
    await expect(ask({ model: "nobody" })).rejects.toThrow(NotFoundError);
    await expect(ask({ model: "nobody" })).rejects.toMatchObject({
      status: 404,
      type: "not_found_error",
      code: "model_not_found",
      param: null,
      message: "404 model 'nobody' not found",
    });
    await expect(ask({ temperature: "hot" })).rejects.toThrow(BadRequestError);
    await expect(client.files.list()).rejects.toThrow(NotFoundError);

    answerWith((job) => job.fail(new FlockError("insufficient_funds", "insufficient balance")));
    await expect(ask()).rejects.toMatchObject({ status: 402, code: "insufficient_quota" });
    answerWith((job) => job.fail(new FlockError("resource_exhausted", "slow down")));
    await expect(ask({ stream: true })).rejects.toThrow(RateLimitError);
    answerWith((job) => job.fail(new FlockError("unavailable", "server busy")));
    await expect(ask({ stream: true })).rejects.toThrow(InternalServerError);
    await expect(ask()).rejects.toMatchObject({ status: 503, code: "overloaded" });
  });

  it("throws the error in the middle of a stream, with what came before it", async () => {
    answerWith((job) => {
      job.chunk("Hi");
      setImmediate(() => job.fail(new FlockError("unavailable", "no worker goes on with it")));
    });
    const texts: string[] = [];
    const read = async () => {
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
        texts.push(chunk.choices[0]?.delta.content ?? "");
    };
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: "overloaded", message: "no worker goes on with it" });
    expect(texts).toEqual(["Hi"]);
  });

  it("tries again after the time that it is told", async () => {
    let tries = 0;
    answerWith((job) => {
      tries += 1;
      if (tries > 1) return answerWithEcho(job);
      job.fail(new FlockError("resource_exhausted", "slow down", { retry: { afterMs: 1 } }));
    });
    const patient = new OpenAI({ baseURL: `${api.baseUrl}/v1`, apiKey: api.apiKey });
    const answer = await patient.chat.completions.create({ model, messages });
    expect([answer.choices[0]?.message.content, tries]).toEqual(["one two three", 2]);
  });
});

function floatsIn(base64: string): number[] {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
