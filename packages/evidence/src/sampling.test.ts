import { samplingOf } from "./sampling.js";

const DEFAULTS = { repeatPenalty: 1 };
const PLAIN = { temperature: 0.8, topK: 40, topP: 0.9, minP: 0, penalisedTokens: 0, endsByItself: true };

describe("how an answer was sampled", () => {
  it("has Ollama's defaults where the request says nothing", () => {
    expect(samplingOf({ prompt: "x" }, DEFAULTS)).toEqual(PLAIN);
    expect(samplingOf({ prompt: "x", options: null, format: "", tools: [] }, DEFAULTS)).toEqual(PLAIN);
    expect(samplingOf({}, { repeatPenalty: 1.1 })).toEqual({ ...PLAIN, penalisedTokens: 64 });
  });

  it("has what the model's author set where the request says nothing", () => {
    const parameters = { temperature: 0.2, repeat_penalty: 1.3 };
    expect(samplingOf({ options: { temperature: 0 } }, DEFAULTS, parameters)).toEqual({
      ...PLAIN,
      temperature: 0,
      penalisedTokens: 64,
    });
    expect(samplingOf({ options: { temperature: null } }, DEFAULTS, parameters)?.temperature).toBe(0.2);
  });

  it("knows what looks at the tokens before, and how far", () => {
    const sampled = (options: object) => samplingOf({ options }, DEFAULTS)?.penalisedTokens;
    expect(sampled({ presence_penalty: 1 })).toBe(64);
    expect(sampled({ repeat_penalty: 1.1, repeat_last_n: 0 })).toBe(0);
    expect(sampled({ repeat_penalty: 1.1, repeat_last_n: -1 })).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("does not take an end that a stop word may have made for the model's own", () => {
    expect(samplingOf({ options: { stop: ["\n"] } }, DEFAULTS)?.endsByItself).toBe(false);
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
    for (const request of others) expect(samplingOf(request, DEFAULTS)).toBeUndefined();
  });
});
