import type { ChatMessage } from "../model/chat-template.js";
import { chatPrompt, type PromptLimits, textPrompt } from "./prompt.js";

/** One token per character. */
const tokenize = (text: string) => Uint32Array.from(text, (character) => character.charCodeAt(0));
const limits = (contextTokens: number, mayTruncate = true, mayShift = true): PromptLimits => ({
  contextTokens,
  keepTokens: 2,
  mayTruncate,
  mayShift,
});
const textOf = (tokens: Uint32Array) => String.fromCharCode(...tokens);
const render = (messages: readonly ChatMessage[]) => messages.map(({ content }) => content).join("");
const user = (content: string): ChatMessage => ({ role: "user", content });

describe("textPrompt", () => {
  it("takes a prompt that leaves room for one token", () => {
    expect(textPrompt("1234567", tokenize, limits(8, false)).tokens).toHaveLength(7);
  });

  it("refuses a longer one that may not be cut", () => {
    const refused = (text: string) => () => textPrompt(text, tokenize, limits(8, false));
    expect(refused("12345678")).toThrow(
      '{"error":{"code":400,"message":"request (8 tokens) exceeds the available context size (8 tokens), try increasing it",' +
        '"type":"exceed_context_size_error","n_prompt_tokens":8,"n_ctx":8}}',
    );
    expect(refused("1".repeat(1e6))).toThrow('"n_prompt_tokens":1000000,');
  });

  it("refuses in other words one that may be truncated but not shifted", () => {
    expect(() => textPrompt("12345678", tokenize, limits(8, true, false))).toThrow(
      "the prompt is longer than the context length currently available to the model",
    );
    expect(() => textPrompt("12345678", tokenize, limits(8, false, false))).toThrow("n_prompt_tokens");
    expect(textPrompt("1234567", tokenize, limits(8, true, false)).tokens).toHaveLength(7);
  });

  it("cuts a longer one as Ollama does: its beginning, and of its newest part half of what is left", () => {
    expect(textOf(textPrompt("abcdefghijkl", tokenize, limits(8)).tokens)).toBe("abjkl");
    const keepTokens = 4;
    const long = "x".repeat(1229);
    expect(textPrompt(long, tokenize, { ...limits(128), keepTokens }).tokens).toHaveLength(66);
  });

  it("leaves four tokens of the context free, however much is to be kept", () => {
    const keepTokens = Number.MAX_SAFE_INTEGER;
    expect(textOf(textPrompt("abcdefghijkl", tokenize, { ...limits(8), keepTokens }).tokens)).toBe("abcdkl");
  });

  it("does not tokenise a prompt that cannot fit anyhow", () => {
    const lengths: number[] = [];
    const counting = (text: string) => {
      lengths.push(text.length);
      return tokenize(text);
    };
    expect(textOf(textPrompt(`ab${"-".repeat(1e6)}yz`, counting, limits(8)).tokens)).toBe("ab-yz");
    expect(Math.max(...lengths)).toBeLessThan(1000);
  });
});

describe("chatPrompt", () => {
  const messages = [{ role: "system", content: "S" } as const, user("aaaa"), user("bbbb"), user("cccc")];

  it("leaves out as many of the oldest messages as it must, never the system's or the newest", () => {
    const text = (contextTokens: number) =>
      chatPrompt(messages, render, tokenize, limits(contextTokens)).text;
    expect(text(14)).toBe("Saaaabbbbcccc");
    expect(text(13)).toBe("Sbbbbcccc");
    expect(text(9)).toBe("Scccc");
  });

  it("cuts what remains if that does not fit either", () => {
    expect(textOf(chatPrompt(messages, render, tokenize, limits(4)).tokens)).toBe("cc");
  });

  it("refuses instead if it may not truncate", () => {
    expect(() => chatPrompt(messages, render, tokenize, limits(13, false))).toThrow(
      "request (13 tokens) exceeds the available context size (13 tokens)",
    );
  });

  it("may lose messages without being shifted, but no more than messages", () => {
    expect(chatPrompt(messages, render, tokenize, limits(13, true, false)).text).toBe("Sbbbbcccc");
    expect(() => chatPrompt(messages, render, tokenize, limits(4, true, false))).toThrow(
      "the prompt is longer",
    );
  });

  it("finds the cut in a long conversation without rendering it over and over", () => {
    let renders = 0;
    const counting = (list: readonly ChatMessage[]) => {
      renders++;
      return render(list);
    };
    const long = Array.from({ length: 10_000 }, (_, i) => user(String(i % 10)));
    expect(chatPrompt(long, counting, tokenize, limits(101)).tokens).toHaveLength(100);
    expect(renders).toBeLessThan(20);
  });
});
