import { readChatRequest, readGenerateRequest } from "./requests.js";

const SERVED = { name: "flock-tiny:latest", contextTokens: 1024 };
const generate = (body: object) => readGenerateRequest({ model: "flock-tiny", ...body }, SERVED);
const chat = (body: object) => readChatRequest({ model: "flock-tiny", ...body }, SERVED);

describe("readGenerateRequest", () => {
  it("has Ollama's defaults and echoes the model as requested", () => {
    expect(generate({ model: "Flock-Tiny:LATEST", prompt: "x" }).model).toBe("Flock-Tiny:LATEST");
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
    [{ model: undefined }, "model is required"],
    [{ model: "" }, "model is required"],
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
    [{ think: "much" }, 'invalid "think" value'],
    [{ template: "{{ .Prompt }}" }, "does not support template"],
    [{ raw: true, system: "s" }, "raw mode does not support template, system, or context"],
    [{ raw: true, context: [1] }, "raw mode does not support template, system, or context"],
    [{ format: "xml" }, 'invalid "format"'],
    [{ format: [] }, 'invalid "format"'],
    [{ top_logprobs: 21 }, "top_logprobs must be between 0 and 20"],
    [{ top_logprobs: -1 }, "top_logprobs must be between 0 and 20"],
    [{ keep_alive: "soon" }, '"keep_alive" must be a duration'],
    [{ keep_alive: true }, '"keep_alive" must be a duration'],
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

  it("asks for log probabilities only when logprobs is true", () => {
    expect(generate({ top_logprobs: 3 }).topLogprobs).toBeUndefined();
    expect(generate({ logprobs: true }).topLogprobs).toBe(0);
    expect(generate({ logprobs: true, top_logprobs: 20 }).topLogprobs).toBe(20);
  });
});

describe("readChatRequest", () => {
  it("lower-cases roles and takes missing content for empty", () => {
    expect(
      chat({ messages: [{ role: "USER" }, { role: "tool", content: "x", tool_name: "f" }] }).messages,
    ).toEqual([
      { role: "user", content: "" },
      { role: "tool", content: "x" },
    ]);
  });

  it("takes any role, also none, and a history in which tools were called, as Ollama does", () => {
    const called = { role: "assistant", tool_calls: [{ function: { name: "f", arguments: {} } }] };
    expect(
      chat({ messages: [{ role: "developer", content: "x" }, { content: "y" }, called] }).messages,
    ).toEqual([
      { role: "developer", content: "x" },
      { role: "", content: "y" },
      { role: "assistant", content: "" },
    ]);
  });

  it.each([
    [{ messages: "hi" }, '"messages" must be of type array'],
    [{ messages: ["hi"] }, '"messages[0]" must be of type object'],
    [{ messages: [{ role: "user", content: 5 }] }, '"messages[0].content" must be of type string'],
    [{ messages: [{ role: 5 }] }, '"messages[0].role" must be of type string'],
    [
      { messages: [{ role: "user", content: "x", images: ["aGk="] }] },
      '"flock-tiny" does not support vision',
    ],
    [{ messages: [{ tool_calls: {} }] }, '"messages[0].tool_calls" must be of type array'],
    [{ tools: [{ type: "function" }] }, '"flock-tiny" does not support tools'],
  ])("refuses %j with %s", (body, message) => {
    expect(() => chat(body)).toThrow(message);
  });
});
