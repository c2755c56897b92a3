import { samplingOf } from "./sampling.js";

const PLAIN = { temperature: 0.8, topK: 40, topP: 0.9, minP: 0, penaltyMillinats: 0, endsByItself: true };

describe("how an answer was sampled", () => {
  it("has Ollama's defaults where the request says nothing", () => {
    expect(samplingOf({ prompt: "x" })).toEqual(PLAIN);
    expect(samplingOf({ prompt: "x", options: null, format: "", tools: [] })).toEqual(PLAIN);
  });

  it("has what the model's author set where the request says nothing", () => {
    const parameters = { temperature: 0.2, repeat_penalty: 1.3 };
    expect(samplingOf({ options: { temperature: 0 } }, parameters)).toEqual({
      ...PLAIN,
      temperature: 0,
      penaltyMillinats: 12_000,
    });
    expect(samplingOf({ options: { temperature: null } }, parameters)?.temperature).toBe(0.2);
  });

  it("knows how far penalties may lower a token, whichever they are", () => {
    const lowered = (options: object) => samplingOf({ options })?.penaltyMillinats;
    expect(lowered({ repeat_penalty: 1.1 })).toBe(4_000);
    expect(lowered({ repeat_penalty: 0.8 })).toBe(10_000);
    expect(lowered({ presence_penalty: -1 })).toBe(1_000);
    expect(lowered({ frequency_penalty: 0.5 })).toBe(32_000);
    expect(lowered({ frequency_penalty: 0.5, repeat_last_n: -1 })).toBe(1_000_000);
    expect(lowered({ repeat_penalty: 1.1, repeat_last_n: 0 })).toBe(0);
  });

  it("does not take an end that a stop word may have made for the model's own", () => {
    expect(samplingOf({ options: { stop: ["\n"] } })?.endsByItself).toBe(false);
  });

  it("says nothing of answers that grammars, tools or other samplers had a part in", () => {
    const others = [
      { format: "json" },
      { format: { type: "object" } },
      { tools: [{}] },
      { options: { typical_p: 0.5 } },
      { options: { mirostat: 1 } },
      { options: { temperature: "hot" } },
      "no request",
    ];
    for (const request of others) expect(samplingOf(request)).toBeUndefined();
  });
});
