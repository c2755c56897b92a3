import { pieceOf, TokenCounter } from "./stream-line.js";

const same = (count: number): number => count;

describe("pieceOf", () => {
  it("counts one token for a line of a plain Ollama", () => {
    const counter = new TokenCounter();
    expect(pieceOf({ response: "Hel" }, counter, same)).toEqual({ text: "Hel", thinking: "", tokens: 1 });
    pieceOf({ message: { content: "lo" } }, counter, same);
    expect(counter.counted).toBe(2);
  });

  it("counts a line's logprobs", () => {
    const counter = new TokenCounter();
    const piece = pieceOf(
      { response: "Hello", logprobs: [{ token: "Hel" }, { token: "lo" }] },
      counter,
      same,
    );
    expect(piece?.tokens).toBe(2);
    expect(Buffer.from(piece?.logprobsJson ?? "").toString()).toBe('[{"token":"Hel"},{"token":"lo"}]');
  });

  it("counts by the running totals of an engine that sends them, also for lines that stand for several tokens", () => {
    const counter = new TokenCounter();
    expect(pieceOf({ response: "a", eval_count: 1, prompt_eval_count: 9 }, counter, same)).toMatchObject({
      tokens: 1,
      promptTokens: 9,
    });
    expect(pieceOf({ response: "🦙", eval_count: 5 }, counter, same)?.tokens).toBe(4);
  });

  it("gives nothing for the last line, whose total counts invisible tokens too", () => {
    const counter = new TokenCounter();
    pieceOf({ response: "a" }, counter, same);
    expect(
      pieceOf({ response: "", done: true, eval_count: 7, prompt_eval_count: 3 }, counter, same),
    ).toBeUndefined();
    expect(counter.counted).toBe(1);
  });

  it("carries thinking and tool calls", () => {
    const counter = new TokenCounter();
    const line = {
      message: { content: "", thinking: "hm", tool_calls: [{ function: { name: "f", arguments: {} } }] },
    };
    const piece = pieceOf(line, counter, same);
    expect(piece?.thinking).toBe("hm");
    expect(Buffer.from(piece?.toolCallsJson ?? "").toString()).toContain('"name":"f"');
  });
});
