import { FlockError } from "@flock/errors";
import { readOptions } from "./options.js";

describe("readOptions", () => {
  it("has Ollama's defaults", () => {
    const { sampling, ...rest } = readOptions(undefined, 1024);
    expect({ ...sampling, seed: 0 }).toEqual({
      temperature: 0.8,
      topK: 40,
      topP: 0.9,
      minP: 0,
      repeatPenalty: 1,
      repeatLastN: 64,
      presencePenalty: 0,
      frequencyPenalty: 0,
      seed: 0,
    });
    expect(rest).toEqual({ predictTokensMax: -1, contextTokens: 1024, keepTokens: 4, stop: [] });
  });

  it("takes null for unset, ignores unknown names, and cuts fractions off integers", () => {
    const options = {
      temperature: null,
      mirostat: "x",
      num_gpu: 3,
      top_k: 7.9,
      num_predict: 5.5,
      seed: -2.5,
      stop: "a",
    };
    const read = readOptions(options, 1024);
    expect(read.sampling).toMatchObject({ temperature: 0.8, topK: 7, seed: -2 });
    expect(read).toMatchObject({ predictTokensMax: 5, stop: ["a"] });
  });

  it("draws a seed when none is given or -1, and keeps any other, 0 included", () => {
    expect(readOptions({ seed: 0 }, 8).sampling.seed).toBe(0);
    const seeds = Array.from({ length: 20 }, () => readOptions({ seed: -1 }, 8).sampling.seed);
    expect(new Set(seeds).size).toBeGreaterThan(1);
  });

  it("takes the nearest exact integer for one that is too large", () => {
    expect(readOptions({ seed: 1e20 }, 8).sampling.seed).toBe(Number.MAX_SAFE_INTEGER);
    expect(readOptions({ top_k: -1e300 }, 8).sampling.topK).toBe(Number.MIN_SAFE_INTEGER);
  });

  it.each([
    [0, -1],
    [-1, -1],
    [-2, -1],
    [0.7, -1],
    [1, 1],
    [4096, 4096],
  ])("reads num_predict %d as %d, where -1 is no limit", (numPredict, predictTokensMax) => {
    expect(readOptions({ num_predict: numPredict }, 1024).predictTokensMax).toBe(predictTokensMax);
  });

  it.each([
    [0, 1024],
    [-1, 1024],
    [1, 4],
    [512, 512],
    [1_000_000, 1024],
  ])("makes a context of num_ctx %d into %d tokens", (numCtx, tokens) => {
    expect(readOptions({ num_ctx: numCtx }, 1024).contextTokens).toBe(tokens);
  });

  it.each([
    ["temperature", "NaN"],
    ["temperature", true],
    ["temperature", Number.POSITIVE_INFINITY],
    ["top_k", "40"],
    ["seed", []],
    ["num_predict", {}],
    ["repeat_penalty", 0],
    ["stop", 5],
    ["stop", ["a", 5]],
    ["stop", Array.from({ length: 65 }, () => "a")],
    ["stop", ["a".repeat(4097)]],
  ])("refuses %s: %p, naming it", (name, value) => {
    expect(() => readOptions({ [name]: value }, 1024)).toThrow(FlockError);
    expect(() => readOptions({ [name]: value }, 1024)).toThrow(name);
  });
});
