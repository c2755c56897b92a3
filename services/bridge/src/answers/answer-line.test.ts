import { isLastLine } from "./answer-line.js";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a line of a pushed answer", () => {
  it.each([
    ['{"response":"Once","done":false}', false],
    ['{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f"}}]}}', false],
    ['{"response":"","done":true,"done_reason":"stop","eval_count":3,"context":[1,2]}', true],
    ['{"error":"model runner has stopped"}', false],
  ])("is taken as an Ollama writes it: %s", (line, isLast) => {
    expect(isLastLine(bytes(`${line}\n`))).toBe(isLast);
  });

  it.each([
    "",
    "garbage",
    "[]",
    "null",
    '"text"',
    '{"response":1}',
    '{"response":{"length":5}}',
    '{"message":"text"}',
    '{"message":{"content":[]}}',
    '{"logprobs":["a"]}',
    '{"eval_count":-1}',
    '{"eval_count":1.5}',
    '{"eval_count":4294967296}',
    '{"done":"true"}',
    `{"done_reason":"${"x".repeat(65)}"}`,
    '{"error":{}}',
  ])("is refused otherwise: %s", (line) => {
    expect(() => isLastLine(bytes(line))).toThrow("what is no answer of an Ollama");
  });

  it("is refused if it is no UTF-8", () => {
    expect(() => isLastLine(Uint8Array.of(0x22, 0xff, 0x22))).toThrow("what is no answer of an Ollama");
  });
});
