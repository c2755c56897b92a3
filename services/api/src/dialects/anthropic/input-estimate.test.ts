import { Fields } from "../../json-fields.js";
import { estimatedInputTokens } from "./input-estimate.js";
import { readMessagesRequest } from "./messages-request.js";

const user = (content: unknown) => [{ role: "user", content }];
const estimate = (body: object) =>
  estimatedInputTokens(readMessagesRequest(new Fields({ model: "m", max_tokens: 1, ...body })));

describe("estimatedInputTokens", () => {
  it("is what a real Ollama guesses", () => {
    expect(estimate({ messages: user("Reply with one short sentence about the sea.") })).toBe(12);
    expect(estimate({ messages: user("What is 2+2?") })).toBe(4);
  });

  it("counts the system prompt, what was called, and tools with their schemas", () => {
    const messages = user("x".repeat(36));
    expect(estimate({ messages })).toBe(10);
    expect(estimate({ messages, system: "x".repeat(40) })).toBe(20);
    const tool = { name: "x".repeat(10), description: "x".repeat(10), input_schema: { type: "xxxxxx" } };
    expect(estimate({ messages, tools: [tool, { name: "f" }] })).toBe(19);
    const calls = [{ type: "tool_use", id: "c", name: "f", input: { a: "x".repeat(400) } }];
    expect(estimate({ messages: [...messages, { role: "assistant", content: calls }] })).toBeGreaterThan(100);
  });

  it("is never nothing", () => {
    expect(estimate({ messages: [{ role: "", content: "" }] })).toBe(1);
  });
});
