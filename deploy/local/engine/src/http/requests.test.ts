import { readChatRequest, readGenerateRequest } from "./requests.js";

const SERVED = { name: "flock-tiny:latest", contextTokens: 1024 };
const generate = (body: object) => readGenerateRequest({ model: "flock-tiny", ...body }, SERVED);
const chat = (body: object) => readChatRequest({ model: "flock-tiny", ...body }, SERVED);

describe("readGenerateRequest", () => {
  it("has Ollama's defaults and echoes the model as requested", () => {
    expect(generate({ model: "flock-tiny:latest", prompt: "x" })).toMatchObject({
      model: "flock-tiny:latest",
      prompt: "x",
      isStreamed: true,
      isRaw: false,
      mayTruncate: true,
      format: undefined,
      topLogprobs: undefined,
      isUnload: false,
    });
  });

  it.each([
    [{ model: undefined }, "model '' not found"],
    [{ model: "" }, "model '' not found"],
    [{ model: "../../etc/passwd" }, "invalid model name"],
    [{ model: "a".repeat(301) }, "invalid model name"],
    [{ model: "other" }, "model 'other' not found"],
    [{ model: "flock-tiny:1b" }, "model 'flock-tiny:1b' not found"],
    [{ model: 5 }, '"model" must be of type string'],
    [{ stream: "yes" }, '"stream" must be of type bool'],
    [{ options: "x" }, '"options" must be of type object'],
    [{ prompt: ["x"] }, '"prompt" must be of type string'],
    [{ images: ["aGk="] }, '"flock-tiny" does not support vision'],
    [{ suffix: "x" }, '"flock-tiny" does not support insert'],
    [{ think: true }, '"flock-tiny" does not support thinking'],
    [{ think: "high" }, '"flock-tiny" does not support thinking'],
    [
      { think: "loads" },
      'invalid think value: "loads" (must be "high", "medium", "low", "max", true, or false)',
    ],
    [{ think: 3 }, "think must be a boolean or string"],
    [{ template: "{{ .Prompt }}" }, "does not support template"],
    [{ raw: true, system: "s" }, "raw mode does not support template, system, or context"],
    [{ raw: true, context: [1] }, "raw mode does not support template, system, or context"],
    [{ format: "xml" }, 'invalid format: "\\"xml\\""; expected "json" or a valid JSON Schema object'],
    [{ format: [1] }, 'invalid format: "[1]"; expected'],
    [{ shift: "no" }, '"shift" must be of type bool'],
    [{ model: "other", top_logprobs: 21 }, "top_logprobs must be between 0 and 20"],
    [{ top_logprobs: 1.5 }, '"top_logprobs" must be of type int'],
    [{ top_logprobs: 21 }, "top_logprobs must be between 0 and 20"],
    [{ top_logprobs: -1 }, "top_logprobs must be between 0 and 20"],
    [{ keep_alive: "soon" }, 'time: invalid duration "soon"'],
    [{ keep_alive: "10" }, 'time: missing unit in duration "10"'],
    [{ keep_alive: true }, "Unsupported type: 'bool'"],
  ])("refuses %j with %s", (body, message) => {
    expect(() => generate({ prompt: "x", ...body })).toThrow(message);
  });

  it("accepts what asks for nothing", () => {
    const body = {
      think: false,
      images: [],
      suffix: "",
      template: "",
      format: "",
      context: [1],
      logprobs: false,
    };
    expect(() => generate({ ...body, prompt: "x", keep_alive: null })).not.toThrow();
  });

  it.each([
    [0, true],
    ["0", true],
    ["0s", true],
    ["0h0m", true],
    [-1, false],
    [300, false],
    ["5m", false],
    ["1.5h", false],
    ["2h45m", false],
    ["-1ns", false],
    [undefined, false],
  ])("reads keep_alive %j as unload: %s", (keepAlive, isUnload) => {
    expect(generate({ keep_alive: keepAlive }).isUnload).toBe(isUnload);
  });

  it("reads names in any case, and of two the last", () => {
    expect(generate({ Model: "flock-tiny", PROMPT: "x", Prompt: "y" }).prompt).toBe("y");
    expect(generate({ model: "FLOCK-Tiny" }).model).toBe("FLOCK-Tiny");
  });

  it("asks for log probabilities only when logprobs is true", () => {
    expect(generate({ top_logprobs: 3 }).topLogprobs).toBeUndefined();
    expect(generate({ logprobs: true }).topLogprobs).toBe(0);
    expect(generate({ logprobs: true, top_logprobs: 20 }).topLogprobs).toBe(20);
  });
});

describe("readChatRequest", () => {
  it.each([
    ["system", "system"],
    ["developer", "system"],
    ["user", "user"],
    ["USER", "user"],
    ["Developer", "system"],
    ["assistant", "assistant"],
    ["wizard", "user"],
    ["constructor", "user"],
    ["", "user"],
    [null, "user"],
    [undefined, "user"],
  ])("takes the role %j for %s", (role, known) => {
    expect(chat({ messages: [{ role, content: "x" }] }).messages).toEqual([{ role: known, content: "x" }]);
  });

  it("takes missing content for empty", () => {
    expect(chat({ messages: [{ role: "user" }, { content: null }] }).messages).toEqual([
      { role: "user", content: "" },
      { role: "user", content: "" },
    ]);
  });

  it("writes calls of tools and their results into the text", () => {
    const called = [
      { id: "call_1", function: { index: 0, name: "get_weather", arguments: { city: "Paris" } } },
      { function: { name: "now" } },
    ];
    const messages = [
      { role: "assistant", content: "Let me see.", tool_calls: called },
      { role: "assistant", content: "", tool_calls: [called[1]] },
      { role: "tool", content: "18 C", tool_name: "get_weather", tool_call_id: "call_1" },
      { role: "tool", content: "noon" },
    ];
    expect(chat({ messages }).messages).toEqual([
      {
        role: "assistant",
        content:
          'Let me see.\n<tool_call>\n{"name":"get_weather","arguments":{"city":"Paris"}}\n</tool_call>\n' +
          '<tool_call>\n{"name":"now","arguments":{}}\n</tool_call>',
      },
      { role: "assistant", content: '<tool_call>\n{"name":"now","arguments":{}}\n</tool_call>' },
      { role: "user", content: '<tool_response name="get_weather">\n18 C\n</tool_response>' },
      { role: "user", content: "<tool_response>\nnoon\n</tool_response>" },
    ]);
  });

  it.each([
    [{ model: undefined }, "model is required"],
    [{ messages: "hi" }, '"messages" must be of type array'],
    [{ messages: ["hi"] }, '"messages[0]" must be of type object'],
    [{ messages: [{ role: "user", content: 5 }] }, '"messages[0].content" must be of type string'],
    [{ messages: [{ role: 5, content: "x" }] }, '"messages[0].role" must be of type string'],
    [
      { messages: [{ role: "user", content: "x", images: ["aGk="] }] },
      '"flock-tiny" does not support vision',
    ],
    [{ messages: [{ tool_calls: {} }] }, '"messages[0].tool_calls" must be of type array'],
    [{ messages: [{ tool_calls: [5] }] }, '"messages[0].tool_calls[0]" must be of type object'],
    [
      { messages: [{ tool_calls: [{ function: { name: "f", arguments: "{}" } }] }] },
      '"messages[0].tool_calls[0].function.arguments" must be of type object',
    ],
    [{ tools: [{ type: "function" }] }, '"flock-tiny" does not support tools'],
  ])("refuses %j with %s", (body, message) => {
    expect(() => chat(body)).toThrow(message);
  });
});
