import type { JobResult } from "@flock/jobs";
import fc from "fast-check";
import { OllamaTextFormat } from "./text-format.js";

const NOTHING = { text: "", thinking: "", logprobs: [], toolCalls: [] };
const result: JobResult = {
  outcome: "completed",
  doneReason: "length",
  promptTokens: 3,
  completionTokensBound: "exact",
  completionTokens: 4,
  loadDurationNs: 5,
  promptEvalDurationNs: 6,
  evalDurationNs: 7,
  embeddingsJson: new Uint8Array(),
  leases: 1,
  chargeMicro: 0n,
  workerIds: ["worker"],
  timings: { queueMs: 0, claimMs: 0, prefillMs: 0, decodeMs: 0 },
};
const metrics = {
  total_duration: 99,
  load_duration: 5,
  prompt_eval_count: 3,
  prompt_eval_duration: 6,
  eval_count: 4,
  eval_duration: 7,
};

describe("OllamaTextFormat", () => {
  const generate = new OllamaTextFormat("generate", 'my"model', () => 99);
  const chat = new OllamaTextFormat("chat", "m", () => 99);

  it("writes any piece as one line of JSON that says the same", () => {
    const toolCalls = fc.array(
      fc.record({ function: fc.record({ name: fc.string(), arguments: fc.constant({ a: 1 }) }) }),
      { maxLength: 2 },
    );
    const piece = fc.record({
      text: fc.string({ unit: "binary" }),
      thinking: fc.string({ unit: "binary" }),
      logprobs: fc.array(fc.record({ token: fc.string(), logprob: fc.constant(-1.5) }), { maxLength: 2 }),
      toolCalls,
    });
    fc.assert(
      fc.property(piece, (given) => {
        const thinking = given.thinking === "" ? {} : { thinking: given.thinking };
        const calls = given.toolCalls.length === 0 ? {} : { tool_calls: given.toolCalls };
        const logprobs = given.logprobs.length === 0 ? {} : { logprobs: given.logprobs };
        const common = { created_at: expect.any(String), done: false, ...logprobs };
        const [line, rest] = generate.piece(given).split("\n");
        expect(rest).toBe("");
        expect(JSON.parse(line ?? "")).toEqual({
          model: 'my"model',
          response: given.text,
          ...thinking,
          ...calls,
          ...common,
        });
        expect(JSON.parse(chat.piece(given))).toEqual({
          model: "m",
          message: { role: "assistant", content: given.text, ...thinking, ...calls },
          ...common,
        });
      }),
    );
  });

  it("ends with the counts and durations, in nanoseconds", () => {
    const ending = { created_at: expect.any(String), done: true, done_reason: "length", ...metrics };
    expect(JSON.parse(generate.end(result))).toEqual({ model: 'my"model', response: "", ...ending });
    expect(JSON.parse(chat.end(result))).toEqual({
      model: "m",
      message: { role: "assistant", content: "" },
      ...ending,
    });
    expect(chat.end(result).endsWith("}\n")).toBe(true);
    const whole = chat.whole({ ...NOTHING, text: "all", result });
    expect(JSON.parse(whole)).toMatchObject({ message: { content: "all" }, ...metrics });
    expect(whole).not.toContain("\n");
  });

  it("tells an error in a line of its own", () => {
    expect(generate.error({ code: "aborted", message: 'a "b"\nc' })).toBe('{"error":"a \\"b\\"\\nc"}\n');
  });

  it("says load or unload without metrics", () => {
    expect(JSON.parse(generate.withoutPrompt("unload"))).toEqual({
      model: 'my"model',
      created_at: expect.any(String),
      response: "",
      done: true,
      done_reason: "unload",
    });
  });
});
