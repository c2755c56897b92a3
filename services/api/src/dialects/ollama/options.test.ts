import { Fields } from "./fields.js";
import { readOptions } from "./options.js";

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
    [{ seed: 1e17 }, 'option "seed" is out of range'],
    [{ stop: ["a", 1] }, 'option "stop" must be of type array of strings'],
    [{ stop: 1 }, 'option "stop" must be of type array of strings'],
    [{ use_mmap: "yes" }, 'option "use_mmap" must be of type boolean'],
    [{ num_thread: "all" }, 'option "num_thread" must be of type integer'],
    [{ num_ctx: 0.5 }, 'option "num_ctx" must be at least 1'],
  ])("%j is refused: %s", (options, message) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code: "invalid_argument", message }));
  });

  it("does not find options in the prototype", () => {
    expect(read(JSON.parse('{"__proto__":{"temperature":"x"},"constructor":1}'))).toEqual({});
  });
});
