import { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import { base64Image } from "./images.js";
import type { ChatRequest, CompletionRequest, InferenceRequest } from "./inference-request.js";
import { modelOptions, samplingOptions } from "./model-options.js";
import { writeOllamaJson } from "./ollama-json.js";

const PLAIN = CatalogueEntry.fromPartial({ version: 1, name: "m:latest", capabilities: ["completion"] });
const THINKER = CatalogueEntry.fromPartial({ ...PLAIN, capabilities: ["completion", "thinking"] });
const generated = { num_predict: 9, seed: 5 };

const chat: ChatRequest = {
  operation: Operation.CHAT,
  model: "M",
  messages: [{ role: "user", content: "hi" }],
  options: samplingOptions({}),
  isStreamed: true,
};
const completion: CompletionRequest = {
  operation: Operation.GENERATE,
  model: "M",
  prompt: "hi",
  options: samplingOptions({}),
  isStreamed: true,
};
const image = base64Image("AAAA", "image");

const written = (request: InferenceRequest, entry = PLAIN) =>
  writeOllamaJson(request, entry, {
    generated: request.operation === Operation.EMBED ? undefined : generated,
  }).bytes.toString();

describe("writeOllamaJson", () => {
  it("writes a chat in Ollama's words", () => {
    const request: ChatRequest = {
      ...chat,
      messages: [
        { role: "user", content: "u", images: [image] },
        {
          role: "assistant",
          content: "",
          thinking: "hm",
          toolCalls: [{ id: "c", function: { index: 0, name: "f", arguments: { a: 1 } } }],
        },
        { role: "tool", content: "42", toolName: "f", toolCallId: "c" },
      ],
      tools: [{ type: "function", function: { name: "f", strict: true } }, { type: "function" }],
      options: samplingOptions({ stop: "x", temperature: 0.5, num_ctx: 4_096, num_predict: 3 }),
      format: { type: "object" },
      thinking: "high",
      logprobs: true,
      topLogprobs: 2,
      truncate: false,
      shift: true,
    };
    expect(written(request, THINKER)).toBe(
      '{"messages":[{"role":"user","content":"u","images":["AAAA"]},' +
        '{"role":"assistant","content":"","thinking":"hm",' +
        '"tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"a":1}}}]},' +
        '{"role":"tool","content":"42","tool_name":"f","tool_call_id":"c"}],' +
        '"tools":[{"type":"function","function":{"name":"f","strict":true}},{"type":"function"}],' +
        '"model":"m:latest","truncate":false,"shift":true,"logprobs":true,"top_logprobs":2,' +
        '"format":{"type":"object"},"think":"high",' +
        '"options":{"num_predict":9,"temperature":0.5,"stop":["x"],"seed":5}}',
    );
  });

  it("writes a completion in Ollama's words", () => {
    const request: CompletionRequest = {
      ...completion,
      suffix: "s",
      system: "",
      template: "t",
      images: [image],
      raw: false,
      format: "json",
    };
    expect(written(request)).toBe(
      '{"prompt":"hi","suffix":"s","system":"","template":"t","images":["AAAA"],' +
        '"model":"m:latest","format":"json","raw":false,"options":{"num_predict":9,"seed":5}}',
    );
  });

  it("writes embeddings in Ollama's words, with nothing to generate", () => {
    const request: InferenceRequest = {
      operation: Operation.EMBED,
      model: "M",
      input: ["a", "b"],
      truncate: true,
      dimensions: 64,
      options: modelOptions({ num_ctx: 64 }),
    };
    expect(written(request)).toBe(
      '{"input":["a","b"],"model":"m:latest","truncate":true,"dimensions":64,"options":{}}',
    );
  });

  it.each([
    [undefined, undefined, undefined],
    [true, true, true],
    ["low", "low", "low"],
    [false, undefined, false],
  ] as const)("writes thinking %p as %p, to a model that thinks as %p", (thinking, plain, thinker) => {
    const think = (entry: CatalogueEntry) => JSON.parse(written({ ...chat, thinking }, entry)).think;
    expect([think(PLAIN), think(THINKER)]).toEqual([plain, thinker]);
  });

  it("tells alternatives of tokens only where tokens are told", () => {
    const members = (logprobs: boolean | undefined) =>
      JSON.parse(written({ ...completion, logprobs, topLogprobs: 3 }));
    expect(members(true)).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(members(false)).not.toHaveProperty("top_logprobs");
    expect(members(undefined)).not.toHaveProperty("top_logprobs");
  });

  it("counts the bytes that the model reads: those of the prompt and its tools, and no others", () => {
    const promptBytes = (request: InferenceRequest) =>
      writeOllamaJson(request, PLAIN, { generated }).promptBytes;
    const tools = [{ type: "function", function: { name: "f" } }];
    const more = promptBytes({ ...chat, tools }) - promptBytes(chat);
    expect(more).toBe(JSON.stringify({ tools }).length - 1);
    expect(promptBytes({ ...chat, format: { type: "object" }, truncate: true })).toBe(promptBytes(chat));
  });
});
