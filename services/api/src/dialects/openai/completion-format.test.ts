import type { AnswerPiece } from "../../answers/answer-piece.js";
import { CompletionFormat } from "./completion-format.js";

const NOTHING: AnswerPiece = { text: "", thinking: "", logprobs: [], toolCalls: [] };
const RESULT = { doneReason: "length", promptTokens: 3, completionTokens: 4 };
const USAGE = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const COMMON = {
  id: "cmpl-request-1",
  object: "text_completion",
  created: expect.any(Number),
  model: 'my"model',
  system_fingerprint: "fp_ollama",
};
const format = (includesUsage = false) => new CompletionFormat("request-1", 'my"model', includesUsage);

function eventsOf(includesUsage: boolean, ...pieces: readonly Partial<AnswerPiece>[]): string[] {
  const answer = format(includesUsage);
  const frames = pieces.map((piece) => answer.piece({ ...NOTHING, ...piece }));
  const text = [...frames, answer.end(RESULT)].join("");
  expect(text.endsWith("\n\n")).toBe(true);
  return text.slice(0, -2).split("\n\n");
}
const choice = (text: string, finish: string | null) => ({ text, index: 0, finish_reason: finish });

describe("a completion that is streamed", () => {
  it("ends with a chunk that has the reason, and [DONE]", () => {
    const events = eventsOf(false, { text: 'a "b"\n' }, { text: "" });
    expect(events.pop()).toBe("data: [DONE]");
    expect(events.map((event) => JSON.parse(event.slice("data: ".length)))).toEqual([
      { ...COMMON, choices: [choice('a "b"\n', null)] },
      { ...COMMON, choices: [choice("", null)] },
      { ...COMMON, choices: [choice("", "length")] },
    ]);
  });

  it("tells usage once, in a chunk of its own, if it was asked for", () => {
    const events = eventsOf(true, { text: "a" });
    expect(events.pop()).toBe("data: [DONE]");
    expect(events.map((event) => JSON.parse(event.slice("data: ".length)))).toEqual([
      { ...COMMON, choices: [choice("a", null)], usage: null },
      { ...COMMON, choices: [choice("", "length")], usage: null },
      { ...COMMON, choices: [], usage: USAGE },
    ]);
  });

  it("ends with an error alone when it fails", () => {
    expect(format().error({ code: "deadline_exceeded", message: "too long" })).toBe(
      'data: {"error":{"message":"too long","type":"api_error","param":null,"code":null}}\n\n',
    );
  });
});

describe("a completion that is not streamed", () => {
  it.each([
    ["length", "length"],
    ["stop", "stop"],
  ])("is one object; %s ends it with %s", (doneReason, reason) => {
    const whole = format(true).whole({ text: "all", result: { ...RESULT, doneReason } });
    expect(JSON.parse(whole)).toEqual({ ...COMMON, choices: [choice("all", reason)], usage: USAGE });
  });
});
