import { Operation } from "@flock/proto/jobs";
import { Fields } from "../../json-fields.js";
import { readChat } from "./chat-completions.js";
import { readCompletion } from "./completions.js";
import { readEmbed } from "./embeddings.js";
import { includesUsage } from "./text-fields.js";

const chat = (body: object) =>
  readChat(new Fields({ model: "m", messages: [{ role: "user", content: "x" }], ...body }));
const completion = (body: object) => readCompletion(new Fields({ model: "m", prompt: "x", ...body }));
const embed = (body: object) => readEmbed(new Fields({ model: "m", input: "x", ...body }));
const DEFAULTS = { temperature: 1, top_p: 1 };
const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };
const schema = { type: "object", properties: { a: { type: "string" } } };

describe("a request for a chat", () => {
  it("is not streamed, and has OpenAI's defaults, unless it says otherwise", () => {
    expect(chat({})).toEqual({
      operation: Operation.CHAT,
      model: "m",
      messages: [{ role: "user", content: "x" }],
      isStreamed: false,
      options: DEFAULTS,
    });
    expect(chat({ stream: true }).isStreamed).toBe(true);
  });

  it.each([
    [{ max_tokens: 5 }, { num_predict: 5 }],
    [{ max_completion_tokens: 6 }, { num_predict: 6 }],
    [{ max_tokens: 5, max_completion_tokens: 6 }, { num_predict: 6 }],
    [{ max_tokens: null, max_completion_tokens: null }, {}],
    [{ max_tokens: 0 }, { num_predict: 0 }],
    [{ max_tokens: -1 }, { num_predict: -1 }],
    [{ max_tokens: 1e15 }, { num_predict: 2 ** 31 - 1 }],
    [
      { temperature: 0, top_p: 0.5 },
      { temperature: 0, top_p: 0.5 },
    ],
    [{ temperature: null, top_p: null }, {}],
    [{ seed: 7 }, { seed: 7 }],
    [{ stop: "\n" }, { stop: ["\n"] }],
    [{ stop: ["a", "b"] }, { stop: ["a", "b"] }],
    [{ stop: null }, {}],
    [
      { frequency_penalty: 0.5, presence_penalty: -0.5 },
      { frequency_penalty: 0.5, presence_penalty: -0.5 },
    ],
    [{ n: 2, logit_bias: { 50256: -100 }, user: "me", store: true, metadata: { a: "b" } }, {}],
    [{ service_tier: "auto", parallel_tool_calls: false, options: { top_k: 1 }, top_k: 1 }, {}],
  ])("with %j has the options %j", (body, options) => {
    expect(chat(body).options).toEqual({ ...DEFAULTS, ...options });
  });

  it.each([
    [{ tools: [tool] }, { tools: [tool] }],
    [{ tools: [tool], tool_choice: "auto" }, { tools: [tool] }],
    [{ tools: [tool], tool_choice: "required" }, { tools: [tool] }],
    [{ tools: [tool], tool_choice: { type: "function", function: { name: "f" } } }, { tools: [tool] }],
    [{ tools: [tool], tool_choice: "none" }, { tools: undefined }],
    [{ tools: [] }, { tools: undefined }],
    [{ response_format: { type: "json_object" } }, { format: "json" }],
    [
      { response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema } } },
      { format: schema },
    ],
    [{ response_format: { type: "json_schema" } }, { format: undefined }],
    [{ response_format: { type: "json_schema", json_schema: { name: "n" } } }, { format: undefined }],
    [{ response_format: { type: "text" } }, { format: undefined }],
    [{ response_format: { type: "xml" } }, { format: undefined }],
    [{ reasoning_effort: "high" }, { thinking: "high" }],
    [{ reasoning_effort: "none" }, { thinking: false }],
    [{ reasoning: { effort: "minimal" } }, { thinking: "low" }],
    [{ reasoning: { effort: "low" }, reasoning_effort: "high" }, { thinking: "low" }],
    [{ reasoning: {}, reasoning_effort: "xhigh" }, { thinking: "max" }],
    [
      { logprobs: true, top_logprobs: 3 },
      { logprobs: true, topLogprobs: 3 },
    ],
  ])("%j is %j", (body, read) => {
    expect(chat(body)).toMatchObject(read);
  });

  it.each([
    [{ stream: "yes" }, 'field "stream" must be a boolean'],
    [{ model: 5 }, 'field "model" must be a string'],
    [{ max_tokens: "x" }, 'field "max_tokens" must be an integer'],
    [{ max_tokens: 1.5 }, 'field "max_tokens" must be an integer'],
    [{ max_tokens: "x", max_completion_tokens: 5 }, 'field "max_tokens" must be an integer'],
    [{ temperature: "hot" }, 'field "temperature" must be a number'],
    [{ seed: 0.5 }, 'field "seed" must be an integer'],
    [{ stop: 5 }, 'field "stop" must be a string or an array of strings'],
    [{ stop: [5] }, 'field "stop" must be an array of strings'],
    [{ tools: {} }, 'field "tools" must be an array'],
    [{ tools: [{ function: "f" }] }, 'field "tools[0].function" must be an object'],
    [{ tools: {}, tool_choice: "none" }, 'field "tools" must be an array'],
    [{ response_format: "json" }, 'field "response_format" must be an object'],
    [
      { response_format: { type: "json_schema", json_schema: { schema: "x" } } },
      'field "response_format.json_schema.schema" must be an object',
    ],
    [{ reasoning_effort: 5 }, 'field "reasoning_effort" must be a string'],
    [{ reasoning: { effort: "bogus" } }, 'invalid reasoning value: "bogus"'],
    [{ logprobs: 2 }, 'field "logprobs" must be a boolean'],
    [{ top_logprobs: 21 }, "top_logprobs must be between 0 and 20"],
  ])("with %j is refused: %s", (body, message) => {
    expect(() => chat(body)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(() => chat(body)).toThrow(message);
  });

  it("is told its usage when it asks for it", () => {
    const asks = (body: object) => includesUsage(new Fields({ ...body }));
    expect(asks({ stream_options: { include_usage: true } })).toBe(true);
    for (const body of [{}, { stream_options: null }, { stream_options: { include_usage: false } }])
      expect(asks(body)).toBe(false);
    expect(() => asks({ stream_options: { include_usage: 1 } })).toThrow(
      'field "stream_options.include_usage" must be a boolean',
    );
  });
});

describe("a request for a completion", () => {
  it("has the same options, and what is its own", () => {
    expect(
      completion({ suffix: "end", max_tokens: 3, stop: "x", echo: true, best_of: 2, logprobs: 5 }),
    ).toEqual({
      operation: Operation.GENERATE,
      model: "m",
      prompt: "x",
      suffix: "end",
      isStreamed: false,
      options: { ...DEFAULTS, num_predict: 3, stop: ["x"] },
    });
  });

  it.each([
    [{ prompt: ["a", "b"] }, 'field "prompt" must be a string'],
    [{ prompt: [1, 2] }, 'field "prompt" must be a string'],
    [{ suffix: 5 }, 'field "suffix" must be a string'],
  ])("with %j is refused: %s", (body, message) => {
    expect(() => completion(body)).toThrow(message);
  });
});

describe("a request for embeddings", () => {
  it.each([
    [{ input: "a" }, { input: ["a"] }],
    [{ input: ["a", "b"] }, { input: ["a", "b"] }],
    [{ dimensions: 4 }, { dimensions: 4 }],
    [{ dimensions: 0 }, { dimensions: undefined }],
    [{ dimensions: 1e12 }, { dimensions: 2 ** 31 - 1 }],
  ])("with %j is %j", (body, read) => {
    expect(embed(body)).toMatchObject({ operation: Operation.EMBED, model: "m", ...read });
  });

  it.each([
    [{ input: undefined }, "invalid input"],
    [{ input: [] }, "invalid input"],
    [{ input: [1, 2, 3] }, "invalid input type"],
    [{ input: [[1, 2], [3]] }, "invalid input type"],
    [{ input: ["a", null] }, "invalid input type"],
    [{ input: 5 }, "invalid input type"],
    [{ dimensions: "4" }, 'field "dimensions" must be an integer'],
  ])("with %j is refused: %s", (body, message) => {
    expect(() => embed(body)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(message) }),
    );
  });
});
