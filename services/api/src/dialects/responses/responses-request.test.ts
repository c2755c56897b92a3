import { Operation } from "@flock/proto/jobs";
import { Fields } from "../../json-fields.js";
import type { JsonObject } from "../../json-object.js";
import { readResponsesRequest } from "./responses-request.js";

const IMAGE = "aGVsbG8=";
const read = (body: JsonObject) => readResponsesRequest(new Fields({ model: "m", input: "Hi", ...body }));
const messagesOf = (...input: object[]) => read({ input }).asked.messages;
const HI = { role: "user", content: "Hi" };

describe("a request of the Responses API", () => {
  it("is a chat, whole unless a stream is asked for, at OpenAI's temperature", () => {
    expect(read({}).asked).toEqual({
      operation: Operation.CHAT,
      model: "m",
      messages: [HI],
      options: { temperature: 1 },
      isStreamed: false,
    });
    expect(read({ stream: true }).asked.isStreamed).toBe(true);
  });

  it("carries all settings that an engine has, and tells them back", () => {
    const { asked, settings } = read({
      instructions: "Be brief.",
      max_output_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      truncation: "auto",
      reasoning: { effort: "high", summary: "auto" },
    });
    expect(asked).toMatchObject({
      messages: [{ role: "system", content: "Be brief." }, HI],
      options: { num_predict: 9, temperature: 0.5, top_p: 0.9 },
      thinking: "high",
      truncate: true,
    });
    expect(settings).toEqual({
      instructions: "Be brief.",
      tools: [],
      tool_choice: "auto",
      text: { format: { type: "text" } },
      reasoning: { effort: "high", summary: "auto" },
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 9,
      truncation: "auto",
    });
  });

  it("tells back what counts where nothing was asked for", () => {
    expect(read({}).settings).toEqual({
      instructions: null,
      tools: [],
      tool_choice: "auto",
      text: { format: { type: "text" } },
      reasoning: null,
      temperature: 1,
      top_p: 1,
      max_output_tokens: null,
      truncation: "disabled",
    });
  });

  it("tells nothing back that is long: it would be sent three times", () => {
    const long = "x".repeat(100_000);
    const tool = { type: "function", name: "f", description: long };
    const schema = { type: "object", description: long };
    const { asked, settings } = read({
      instructions: long,
      tools: [tool],
      text: { format: { type: "json_schema", name: "n", schema } },
      reasoning: { summary: long },
    });
    expect(asked.messages[0]?.content).toBe(long);
    expect(asked.format).toEqual(schema);
    expect(JSON.stringify(settings).length).toBeLessThan(500);
  });

  it("may have what is ignored, and null for what is absent", () => {
    const ignored = {
      store: true,
      include: ["reasoning.encrypted_content"],
      metadata: { a: "b" },
      parallel_tool_calls: false,
      service_tier: "flex",
      background: false,
      user: "u",
      previous_response_id: null,
      conversation: null,
      instructions: null,
      tools: null,
      text: null,
      reasoning: null,
      max_output_tokens: null,
    };
    expect(read(ignored)).toEqual(read({}));
  });

  it.each<[object, unknown]>([
    [{ type: "text" }, undefined],
    [{ type: "json_object" }, "json"],
    [{ type: "json_schema", name: "n", schema: { type: "object" } }, { type: "object" }],
    [{ type: "grammar" }, undefined],
  ])("with the format %j has an answer of %j", (format, expected) => {
    const { asked, settings } = read({ text: { format } });
    expect(asked.format).toEqual(expected);
    expect(settings["text"]).toEqual({ format: expected === undefined ? { type: "text" } : format });
  });

  it("has the client's tools, and not those of OpenAI's servers", () => {
    const parameters = { type: "object", properties: { a: { type: "string" } } };
    const own = { type: "function", name: "f", description: "does", parameters, strict: true };
    const tools = [own, { type: "function", name: "g" }, { type: "web_search" }, { type: "file_search" }];
    const { asked, settings } = read({ tools });
    expect(asked.tools).toEqual([
      { type: "function", function: { name: "f", description: "does", parameters } },
      { type: "function", function: { name: "g" } },
    ]);
    expect(settings["tools"]).toEqual([
      own,
      { type: "function", name: "g", description: null, strict: null, parameters: null },
    ]);
    expect(read({ tools: tools.slice(2) }).asked.tools).toBeUndefined();
    expect(read({ tools, tool_choice: "none" })).toMatchObject({
      asked: { tools: undefined },
      settings: { tool_choice: "none" },
    });
  });
});

describe("the input of a request", () => {
  it("may be none", () => {
    for (const input of ["", [], null, undefined]) expect(read({ input }).asked.messages).toEqual([]);
  });

  it("may be messages, with or without a type, of any role", () => {
    const image = { type: "input_image", image_url: `data:image/png;base64,${IMAGE}`, detail: "auto" };
    expect(
      messagesOf(
        { role: "developer", content: "Be brief." },
        { type: "message", role: "User", content: [{ type: "input_text", text: "What " }, image] },
        {
          type: "message",
          role: "assistant",
          content: [
            { type: "output_text", text: "A ", annotations: [] },
            { type: "refusal", refusal: "no" },
          ],
        },
        { role: "wizard", content: "" },
      ),
    ).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "What ", images: [IMAGE] },
      { role: "assistant", content: "A no" },
      { role: "wizard", content: "" },
    ]);
  });

  it("puts what a model thought, said and called in one turn into one message", () => {
    expect(
      messagesOf(
        HI,
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }] },
        { type: "message", role: "assistant", content: "Let me look." },
        { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' },
        { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: " and" }] },
        { type: "function_call", call_id: "c2", name: "g", arguments: "" },
        { type: "function_call_output", call_id: "c1", output: "one" },
        {
          type: "function_call_output",
          call_id: "c2",
          output: [
            { type: "input_text", text: "two" },
            { type: "input_image", image_url: `data:image/png;base64,${IMAGE}` },
          ],
        },
        { type: "function_call_output", call_id: "c9", output: "what?" },
      ),
    ).toEqual([
      HI,
      {
        role: "assistant",
        content: "Let me look.",
        thinking: "hm and",
        toolCalls: [
          { id: "c1", function: { name: "f", arguments: { a: 1 } } },
          { id: "c2", function: { name: "g", arguments: {} } },
        ],
      },
      { role: "tool", content: "one", toolName: "f", toolCallId: "c1" },
      { role: "tool", content: "two", images: [IMAGE], toolName: "g", toolCallId: "c2" },
      { role: "tool", content: "what?", toolCallId: "c9" },
    ]);
  });

  it("may begin a turn with a call, and end with a thought", () => {
    const reasoning = {
      type: "reasoning",
      summary: [{ type: "summary_text", text: "hm" }],
      encrypted_content: "secret",
    };
    expect(
      messagesOf(
        reasoning,
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        HI,
        reasoning,
      ),
    ).toEqual([
      {
        role: "assistant",
        content: "",
        thinking: "hm",
        toolCalls: [{ id: "c", function: { name: "f", arguments: {} } }],
      },
      HI,
      { role: "assistant", content: "", thinking: "hm" },
    ]);
  });

  it("takes very many calls of one turn in no time", () => {
    const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
    const before = process.cpuUsage();
    expect(messagesOf(...Array.from({ length: 100_000 }, () => call))).toHaveLength(1);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});

describe("a request of the Responses API that cannot be read", () => {
  const stateless = "which keeps no conversations";
  it.each<[JsonObject, string]>([
    [{ previous_response_id: "resp_x" }, stateless],
    [{ conversation: "conv_x" }, stateless],
    [{ conversation: { id: "conv_x" } }, stateless],
    [{ model: 5 }, 'field "model" must be a string'],
    [{ input: 5 }, 'field "input" must be a string or an array of items'],
    [{ input: ["hi"] }, 'field "input[0]" must be an object'],
    [{ input: [{ content: "hi" }] }, 'field "input[0].type" must be "message"'],
    [{ input: [{ type: "item_reference", id: "x" }] }, 'field "input[0].type" must be "message"'],
    [
      { input: [{ role: "user", content: 5 }] },
      'field "input[0].content" must be a string or an array of parts',
    ],
    [
      { input: [{ role: "user", content: [{ type: "input_file", file_id: "x" }] }] },
      'field "input[0].content[0].type": files are not supported, send their text',
    ],
    [
      { input: [{ role: "user", content: [{ type: "input_audio" }] }] },
      'field "input[0].content[0].type" must be "input_text"',
    ],
    [
      { input: [{ role: "user", content: [{ type: "input_image", image_url: "http://127.0.0.1/x.png" }] }] },
      "image URLs are not currently supported",
    ],
    [
      { input: [{ role: "user", content: [{ type: "input_image", file_id: "x" }] }] },
      'field "input[0].content[0].image_url" must be a data URL',
    ],
    [
      { input: [{ type: "function_call", name: "f", arguments: "{bad" }] },
      'field "input[0].arguments" must be JSON',
    ],
    [
      { input: [{ type: "function_call", name: "f", arguments: { a: 1 } }] },
      'field "input[0].arguments" must be a string',
    ],
    [{ input: [{ type: "function_call", arguments: '{"a":'.repeat(1_000) }] }, "is nested too deeply"],
    [{ text: { format: { type: "json_schema" } } }, 'field "text.format.schema" must be a JSON schema'],
    [{ reasoning: { effort: "much" } }, 'invalid reasoning value: "much"'],
    [{ max_output_tokens: "x" }, 'field "max_output_tokens" must be an integer'],
    [{ temperature: "hot" }, 'field "temperature" must be a number'],
    [{ stream: "yes" }, 'field "stream" must be a boolean'],
    [
      { tools: [{ type: "function", name: "f", parameters: { properties: { a: true } } }] },
      'field "tools[0].parameters.properties.a" must be an object',
    ],
  ])("such as %j is told why", (body, message) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(message) }),
    );
  });
});
