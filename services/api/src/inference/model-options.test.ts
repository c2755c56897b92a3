import type { JsonObject } from "../json-object.js";
import { modelOptions, samplingOptions } from "./model-options.js";

describe("modelOptions", () => {
  it.each([
    [{}, {}],
    [{ temperature: null, stop: null, seed: null }, {}],
    [
      { temperature: 0, top_p: 1.5, top_k: 40 },
      { temperature: 0, top_p: 1.5, top_k: 40 },
    ],
    [
      { top_k: 40.9, seed: -1.9, num_keep: -0.5 },
      { top_k: 40, seed: -1, num_keep: 0 },
    ],
    [
      { num_predict: 1e15, top_k: -1e300, repeat_last_n: 3e9 },
      { num_predict: 2147483647, top_k: -2147483647, repeat_last_n: 2147483647 },
    ],
    [{ seed: 1e300 }, { seed: Number.MAX_SAFE_INTEGER }],
    [{ seed: 5_000_000_000 }, { seed: 5_000_000_000 }],
    [{ num_ctx: 0.5 }, { num_ctx: 4 }],
    [{ num_ctx: -5 }, { num_ctx: 4 }],
    [{ num_ctx: 5 }, { num_ctx: 5 }],
    [
      { repeat_last_n: -1, repeat_penalty: 0 },
      { repeat_last_n: -1, repeat_penalty: 0 },
    ],
    // Unlike fields, options have one spelling.
    [{ Temperature: "hot", TOP_K: 1 }, {}],
    [{ stop: "x" }, { stop: ["x"] }],
    [{ stop: ["x", "y"] }, { stop: ["x", "y"] }],
    [{ stop: [] }, { stop: [] }],
    [{ num_thread: 8, num_gpu: 99, main_gpu: 0, num_batch: 1, use_mmap: true }, {}],
    [{ mirostat: "on", numa: 1, tfs_z: {}, low_vram: [], anything: null }, {}],
  ])("%j is %j", (options: JsonObject, read) => {
    expect(modelOptions(options)).toEqual(read);
  });

  it.each([
    [{ temperature: "0.5" }, 'option "temperature" must be of type float32'],
    [{ temperature: true }, 'option "temperature" must be of type float32'],
    [{ top_k: "40" }, 'option "top_k" must be of type integer'],
    [{ top_k: [40] }, 'option "top_k" must be of type integer'],
    [{ stop: ["a", 1] }, 'option "stop" must be of type array of strings'],
    [{ stop: 1 }, 'option "stop" must be of type array of strings'],
    [{ use_mmap: "yes" }, 'option "use_mmap" must be of type boolean'],
    [{ num_thread: "all" }, 'option "num_thread" must be of type integer'],
  ])("%j is refused: %s", (options: JsonObject, message) => {
    expect(() => modelOptions(options)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message }),
    );
  });

  it("does not find options in the prototype", () => {
    expect(modelOptions(JSON.parse('{"__proto__":{"temperature":"x"},"constructor":1}'))).toEqual({});
  });
});

describe("samplingOptions", () => {
  it.each([
    [{ repeat_last_n: -1 }, 'option "repeat_last_n" must be between 0 and 2147483647'],
    [{ repeat_penalty: 0 }, 'option "repeat_penalty" must be greater than 0'],
    [{ repeat_penalty: -2 }, 'option "repeat_penalty" must be greater than 0'],
  ])("refuses %j: %s", (options: JsonObject, message) => {
    expect(() => samplingOptions(options)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message }),
    );
  });

  it.each<JsonObject>([
    {},
    { repeat_last_n: 0, repeat_penalty: 0.1 },
    { temperature: -1, top_p: 99, min_p: 2, typical_p: 0, top_k: -3, num_keep: -1, seed: -1 },
  ])("takes %j, as Ollama does", (options) => {
    expect(() => samplingOptions(options)).not.toThrow();
  });
});
