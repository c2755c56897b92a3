import { modelProfile } from "./model-profile.js";

const CONTEXT_MAX = 4_096;
const made = (tokens: number) => ({ model_info: { "llama.context_length": tokens } });

describe("how a worker runs a model", () => {
  it.each([
    ["the worker's context, if the model was made for more", made(131_072), 4_096],
    ["what the model was made for, if that is less", made(2_048), 2_048],
    [
      "what the model's owner set, also beyond the worker's",
      { ...made(131_072), parameters: "num_ctx  8192" },
      8_192,
    ],
    ["what it was made for, if its owner set more", { ...made(2_048), parameters: "num_ctx 8192" }, 2_048],
    ["the worker's context, if the model does not say", {}, 4_096],
    ["the worker's context, if its owner's number is none", { parameters: "num_ctx many" }, 4_096],
    [
      "the worker's context, if what the model says is no number",
      { model_info: { "x.context_length": "9" } },
      4_096,
    ],
  ])("has %s", (_what, shown, contextLength) => {
    expect(modelProfile(shown, CONTEXT_MAX).contextLength).toBe(contextLength);
  });

  it("knows the stop words of its Modelfile", () => {
    const parameters =
      'stop                           "<|im_start|>"\nstop "\\n\\n"\ntemperature 0.2\nstop plain';
    expect(modelProfile({ parameters }, CONTEXT_MAX).stopWords).toEqual(["<|im_start|>", "\n\n", "plain"]);
  });
});
