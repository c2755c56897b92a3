import type { ModelOptions } from "../../inference/inference-request.js";
import { Fields } from "./fields.js";
import { readOptions, requireSamplable } from "./options.js";

const read = (options: unknown) => readOptions(new Fields({ options }));

describe("readOptions", () => {
  it.each([
    [undefined, {}],
    [null, {}],
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
  ])("%j is %j", (options, read_) => {
    expect(read(options)).toEqual(read_);
  });

  it.each([
    ["x", 'field "options" must be an object'],
    [[], 'field "options" must be an object'],
    [{ temperature: "0.5" }, 'option "temperature" must be of type float32'],
    [{ temperature: true }, 'option "temperature" must be of type float32'],
    [{ top_k: "40" }, 'option "top_k" must be of type integer'],
    [{ top_k: [40] }, 'option "top_k" must be of type integer'],
    [{ stop: ["a", 1] }, 'option "stop" must be of type array of strings'],
    [{ stop: 1 }, 'option "stop" must be of type array of strings'],
    [{ use_mmap: "yes" }, 'option "use_mmap" must be of type boolean'],
    [{ num_thread: "all" }, 'option "num_thread" must be of type integer'],
  ])("%j is refused: %s", (options, message) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code: "invalid_argument", message }));
  });

  it("does not find options in the prototype", () => {
    expect(read(JSON.parse('{"__proto__":{"temperature":"x"},"constructor":1}'))).toEqual({});
  });
});

describe("requireSamplable", () => {
  it.each([
    [{ repeat_last_n: -1 }, 'option "repeat_last_n" must be between 0 and 2147483647'],
    [{ repeat_penalty: 0 }, 'option "repeat_penalty" must be greater than 0'],
    [{ repeat_penalty: -2 }, 'option "repeat_penalty" must be greater than 0'],
  ])("refuses %j: %s", (options, message) => {
    expect(() => requireSamplable(options)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message }),
    );
  });

  it.each<ModelOptions>([
    {},
    { repeat_last_n: 0, repeat_penalty: 0.1 },
    { temperature: -1, top_p: 99, min_p: 2, typical_p: 0, top_k: -3, num_keep: -1, seed: -1 },
  ])("takes %j, as Ollama does", (options) => {
    expect(() => requireSamplable(options)).not.toThrow();
  });
});
