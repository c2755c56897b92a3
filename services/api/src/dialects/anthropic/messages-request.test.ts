import { Operation } from "@flock/proto/jobs";
import { Fields } from "../../json-fields.js";
import type { JsonObject } from "../../json-object.js";
import { readMessagesRequest } from "./messages-request.js";

const IMAGE = "aGVsbG8=";
const HI = [{ role: "user", content: "Hi" }];
const read = (body: JsonObject) =>
  readMessagesRequest(new Fields({ model: "m", max_tokens: 5, messages: HI, ...body }));
const user = (...content: object[]) => ({ messages: [{ role: "user", content }] });

describe("a request of the Messages API", () => {
  it("is a chat, whole unless a stream is asked for", () => {
    expect(read({})).toEqual({
      operation: Operation.CHAT,
      model: "m",
      messages: HI,
      options: { num_predict: 5 },
      isStreamed: false,
    });
    expect(read({ stream: true }).isStreamed).toBe(true);
  });

  it("carries all settings that an engine has", () => {
    const settings = { temperature: 0.5, top_p: 0.9, top_k: 3, stop_sequences: ["a", "b"] };
    expect(read(settings).options).toEqual({
      num_predict: 5,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 3,
      stop: ["a", "b"],
    });
  });

  it("may have what is ignored, and null for what is absent", () => {
    const ignored = {
      tool_choice: { type: "any" },
      metadata: { user_id: "u" },
      service_tier: "auto",
      container: null,
      system: null,
      tools: null,
      thinking: null,
      stop_sequences: null,
    };
    expect(read(ignored)).toEqual(read({}));
  });

  it.each([
    [{}, undefined],
    [{ thinking: { type: "enabled", budget_tokens: 1_024 } }, true],
    [{ thinking: { type: "adaptive" } }, true],
    [{ thinking: { type: "disabled" } }, false],
    [{ thinking: { type: "disabled" }, output_config: { effort: "high" } }, false],
    [{ thinking: { type: "adaptive" }, output_config: { effort: "Low" } }, "low"],
    [{ output_config: { effort: "medium" } }, "medium"],
    [{ output_config: { effort: "xhigh" } }, "high"],
    [{ output_config: { effort: "max" } }, "max"],
    [{ output_config: { effort: "more" } }, undefined],
    [{ thinking: { type: "tomorrow" } }, undefined],
  ])("with %j thinks %j", (body, thinking) => {
    expect(read(body).thinking).toBe(thinking);
  });

  it("has a schema for the answer if there is one", () => {
    const schema = { type: "object" };
    expect(read({ output_config: { format: { type: "json_schema", schema } } }).format).toEqual(schema);
    expect(read({ output_config: { format: { type: "text" } } }).format).toBeUndefined();
  });

  it("has the client's tools, and not those of Anthropic's servers and models", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const tools = [
      { name: "f", description: "does", input_schema: schema, cache_control: { type: "ephemeral" } },
      { type: "custom", name: "g" },
      { type: "web_search_20250305", name: "web_search", max_uses: 3 },
      { type: "bash_20250124", name: "bash" },
    ];
    expect(read({ tools }).tools).toEqual([
      { type: "function", function: { name: "f", description: "does", parameters: schema } },
      { type: "function", function: { name: "g" } },
    ]);
    expect(read({ tools: tools.slice(2) }).tools).toBeUndefined();
  });
});

describe("the conversation of a request", () => {
  it.each([
    ["Be brief.", "Be brief."],
    [
      [
        { type: "text", text: "Be ", cache_control: { type: "ephemeral" } },
        { type: "text", text: "brief." },
      ],
      "Be brief.",
    ],
  ])("begins with the system prompt %j", (system, content) => {
    expect(read({ system }).messages).toEqual([{ role: "system", content }, ...HI]);
  });

  it("begins with no system prompt where there is none", () => {
    for (const system of ["", [], [{ type: "text", text: "" }]])
      expect(read({ system }).messages).toEqual(HI);
  });

  it("has blocks put together, with images in their order", () => {
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: IMAGE } };
    const body = user({ type: "text", text: "What " }, image, { type: "text", text: "is it?" }, image);
    expect(read(body).messages).toEqual([{ role: "user", content: "What is it?", images: [IMAGE, IMAGE] }]);
  });

  it("takes calls of tools and their results apart, results before what is said about them", () => {
    const messages = [
      ...HI,
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "" },
          { type: "redacted_thinking", data: "x" },
          { type: "text", text: "Let me look." },
          { type: "tool_use", id: "call_1", name: "f", input: { a: 1 } },
          { type: "tool_use", id: "call_2", name: "g" },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_1", content: "one" },
          {
            type: "tool_result",
            tool_use_id: "call_2",
            is_error: true,
            content: [
              { type: "text", text: "no " },
              { type: "text", text: "way" },
              { type: "image", source: { type: "base64", data: IMAGE } },
            ],
          },
          { type: "tool_result", tool_use_id: "call_9" },
          { type: "text", text: "Well?" },
        ],
      },
    ];
    expect(read({ messages }).messages).toEqual([
      ...HI,
      {
        role: "assistant",
        content: "Let me look.",
        thinking: "hm",
        toolCalls: [
          { id: "call_1", function: { name: "f", arguments: { a: 1 } } },
          { id: "call_2", function: { name: "g", arguments: {} } },
        ],
      },
      { role: "tool", content: "one", toolName: "f", toolCallId: "call_1" },
      { role: "tool", content: "Error: no way", images: [IMAGE], toolName: "g", toolCallId: "call_2" },
      { role: "tool", content: "", toolCallId: "call_9" },
      { role: "user", content: "Well?" },
    ]);
  });

  it("has no message of a user who only hands in results", () => {
    const messages = [{ role: "user", content: [{ type: "tool_result", tool_use_id: "c", content: "x" }] }];
    expect(read({ messages }).messages).toEqual([{ role: "tool", content: "x", toolCallId: "c" }]);
  });

  it("keeps messages in which there is nothing, and roles that there are not", () => {
    const messages = [
      { role: "Wizard", content: "" },
      { content: [] },
      { role: "user", content: [{ type: "server_tool_use", id: "s", name: "web_search", input: {} }] },
    ];
    expect(read({ messages }).messages).toEqual([
      { role: "wizard", content: "" },
      { role: "", content: "" },
      { role: "user", content: "" },
    ]);
  });
});

describe("a request that cannot be read", () => {
  it.each<[JsonObject, string]>([
    [{ model: undefined }, "model is required"],
    [{ model: 5 }, 'field "model" must be a string'],
    [{ max_tokens: undefined }, "max_tokens is required and must be positive"],
    [{ max_tokens: 0 }, "max_tokens is required and must be positive"],
    [{ max_tokens: -1 }, "max_tokens is required and must be positive"],
    [{ max_tokens: "x" }, 'field "max_tokens" must be an integer'],
    [{ messages: [] }, "messages is required"],
    [{ messages: undefined }, "messages is required"],
    [{ messages: "hi" }, 'field "messages" must be an array'],
    [{ messages: ["hi"] }, 'field "messages[0]" must be an object'],
    [{ messages: [{ content: 5 }] }, 'field "messages[0].content" must be a string or an array of blocks'],
    [user({ type: "text", text: 5 }), 'field "messages[0].content[0].text" must be a string'],
    [
      user({ type: "image", source: { type: "url", url: "http://127.0.0.1/x.png" } }),
      "invalid image source type: url. Only base64 images are supported.",
    ],
    [
      user({ type: "image", source: { type: "base64", data: "é" } }),
      'field "messages[0].content[0].source.data" must be base64',
    ],
    [user({ type: "tool_use", name: "f" }), 'field "messages[0].content[0].id" is required'],
    [user({ type: "tool_use", id: "c" }), 'field "messages[0].content[0].name" is required'],
    [
      user({ type: "tool_use", id: "c", name: "f", input: "{}" }),
      'field "messages[0].content[0].input" must be an object',
    ],
    [user({ type: "tool_result" }), 'field "messages[0].content[0].tool_use_id" is required'],
    [
      user({ type: "document", source: {} }),
      'field "messages[0].content[0].type": documents are not supported, send their text',
    ],
    [{ system: 5 }, 'field "system" must be a string or an array of blocks'],
    [{ stream: "yes" }, 'field "stream" must be a boolean'],
    [{ temperature: "NaN" }, 'field "temperature" must be a number'],
    [{ top_k: 1.5 }, 'field "top_k" must be an integer'],
    [{ stop_sequences: "a" }, 'field "stop_sequences" must be an array of strings'],
    [{ tools: [{ name: 5 }] }, 'field "tools[0].name" must be a string'],
    [
      { tools: [{ name: "f", input_schema: { properties: { a: true } } }] },
      'field "tools[0].input_schema.properties.a" must be an object',
    ],
    [{ thinking: true }, 'field "thinking" must be an object'],
    [{ output_config: { effort: 5 } }, 'field "output_config.effort" must be a string'],
  ])("such as %j is told why", (body, message) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: "invalid_argument", message }));
  });
});
