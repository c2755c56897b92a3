import { thinkingOf } from "./reasoning-effort.js";

describe("thinkingOf", () => {
  it.each([
    [undefined, undefined],
    ["", undefined],
    ["none", false],
    ["minimal", "low"],
    ["low", "low"],
    ["medium", "medium"],
    ["high", "high"],
    ["xhigh", "max"],
    ["ultra", "max"],
    ["max", "max"],
  ])("takes %j for %j", (effort, thinking) => {
    expect(thinkingOf(effort)).toBe(thinking);
  });

  it.each(["bogus", "HIGH", "toString"])("refuses %j in Ollama's words", (effort) => {
    expect(() => thinkingOf(effort)).toThrow(
      `invalid reasoning value: "${effort}" (must be "minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none")`,
    );
  });

  it("repeats no more of it than can be read", () => {
    expect(() => thinkingOf("x".repeat(10_000))).toThrow(/^.{1,250}$/);
  });
});
