import type { LlamaGrammarEvaluationState } from "node-llama-cpp";
import type { NativeGrammars } from "../decode/addon.js";
import { OutputGrammar } from "./grammar.js";

/** A fake: a grammar each of whose steps takes `stepMs` on a clock of its own. */
function slowGrammar(stepMs: number): OutputGrammar {
  let now = 0;
  const step = () => {
    now += stepMs;
    return true;
  };
  const grammars: NativeGrammars = { accepts: step, advance: step, handle: () => undefined };
  // CAST: nothing looks into it.
  const state = {} as LlamaGrammarEvaluationState;
  return new OutputGrammar(
    state,
    grammars,
    (token) => token === 2,
    () => now,
  );
}

describe("OutputGrammar", () => {
  it("ends a generation whose grammar takes longer and longer, before a token takes minutes", async () => {
    const slow = slowGrammar(1001);
    const tooMany = "can be fitted in too many ways";
    expect(() => slow.admits(7)).toThrow(tooMany);
    expect(() => slow.advance(7)).toThrow(tooMany);
    const reader = { topAdmitted: async () => [Number(slow.admits(7))] };
    await expect(slow.topAdmitted(reader, 1)).rejects.toThrow(tooMany);
  });

  it("bears a step of a second, and none for a token that ends the text", () => {
    expect(slowGrammar(1000).admits(7)).toBe(true);
    expect(() => slowGrammar(5000).advance(2)).not.toThrow();
  });
});
