import { pieceOf, readLine, TokenCounter } from "./stream-line.js";

describe("pieceOf", () => {
  it("counts one token for a line of a plain Ollama", () => {
    const counter = new TokenCounter([]);
    expect(pieceOf({ response: "Hel" }, counter)).toEqual({ text: "Hel", thinking: "", tokens: 1 });
    pieceOf({ message: { content: "lo" } }, counter);
    expect(counter.counted).toBe(2);
  });

  it("counts a line's logprobs", () => {
    const counter = new TokenCounter([]);
    const piece = pieceOf({ response: "Hello", logprobs: [{ token: "Hel" }, { token: "lo" }] }, counter);
    expect(piece?.tokens).toBe(2);
    expect(Buffer.from(piece?.logprobsJson ?? "").toString()).toBe('[{"token":"Hel"},{"token":"lo"}]');
  });

  it("counts by the running totals of an engine that sends them, also for lines that stand for several tokens", () => {
    const counter = new TokenCounter([]);
    expect(pieceOf({ response: "a", eval_count: 1, prompt_eval_count: 9 }, counter)).toMatchObject({
      tokens: 1,
      promptTokens: 9,
    });
    expect(pieceOf({ response: "🦙", eval_count: 5 }, counter)?.tokens).toBe(4);
  });

  it("gives nothing for the last line, whose total counts invisible tokens too", () => {
    const counter = new TokenCounter([]);
    pieceOf({ response: "a" }, counter);
    expect(
      pieceOf({ response: "", done: true, eval_count: 7, prompt_eval_count: 3 }, counter),
    ).toBeUndefined();
    expect(counter.counted).toBe(1);
  });

  it("carries thinking and tool calls", () => {
    const counter = new TokenCounter([]);
    const line = {
      message: { content: "", thinking: "hm", tool_calls: [{ function: { name: "f", arguments: {} } }] },
    };
    const piece = pieceOf(line, counter);
    expect(piece?.thinking).toBe("hm");
    expect(Buffer.from(piece?.toolCallsJson ?? "").toString()).toContain('"name":"f"');
  });
});

describe("how many tokens a line may stand for", () => {
  it.each([
    ["exactly one, if it is ASCII", "Hello", [], { tokens: 1 }],
    ["one a byte, with a character that may have taken several", "🦙", [], { tokens: 1, tokensMax: 4 }],
    ["one, with a character of two bytes at most two", "é", [], { tokens: 1, tokensMax: 2 }],
    [
      "one a byte, if it may have been held back for a stop word",
      " five six",
      ["eight"],
      { tokens: 1, tokensMax: 9 },
    ],
    ["exactly one, without the beginning of any stop word", " two", ["eight"], { tokens: 1 }],
  ])("is %s", (_what, response, stopWords, expected) => {
    const { tokens, tokensMax } = pieceOf({ response }, new TokenCounter(stopWords)) ?? {};
    expect({ tokens, ...(tokensMax === undefined ? {} : { tokensMax }) }).toEqual(expected);
  });
});

describe("a line of an answer", () => {
  it.each([
    ["a list", []],
    ["nothing", null],
    ["a text that is a number", { response: 5 }],
    ["a message that is a text", { message: "hi" }],
    ["a count that is an object", { response: "hi", eval_count: {} }],
    ["a count below nothing", { eval_count: -1 }],
    ["more tokens than a message can say", { eval_count: 2 ** 32 }],
    ["tool calls that are no list", { message: { tool_calls: {} } }],
    ["an end that is a text", { done: "" }],
  ])("is not %s", (_what, value) => {
    expect(() => readLine(value)).toThrow("no line of an answer");
  });
});
