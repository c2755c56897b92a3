import { CatalogueEntry, Operation } from "@flock/proto";
import type { InferenceRequest } from "./inference-request.js";
import { planJob } from "./job-spec.js";

const entry = CatalogueEntry.fromPartial({
  version: 1,
  name: "m:latest",
  digest: "ab",
  contextLength: 1_000,
  promptPriceMicro: 2n,
  completionPriceMicro: 5n,
});
const context = {
  jobId: "j",
  accountId: "a",
  tier: 1,
  traceparent: "t",
  deadlineUnixMs: 9,
  completionTokensMax: 400,
  randomSeed: 77,
};

function plan(change: Partial<InferenceRequest> = {}) {
  const planned = planJob(
    {
      operation: Operation.GENERATE,
      entry,
      prompt: { prompt: "hi" },
      prompts: 1,
      settings: {},
      options: {},
      resume: "continue",
      isStreamed: true,
      ...change,
    },
    context,
  );
  return { ...planned, body: JSON.parse(Buffer.from(planned.spec.requestJson).toString()) };
}

describe("planJob", () => {
  it("names the model as the catalogue does and always sets seed and num_predict", () => {
    expect(plan().body).toEqual({
      prompt: "hi",
      model: "m:latest",
      options: { num_predict: 400, seed: 77 },
    });
  });

  it.each([
    [50, 50],
    [0, 400],
    [-1, 400],
    [-2, 400],
    [9_999, 400],
    [undefined, 400],
  ])("num_predict %p becomes %i", (asked, bound) => {
    const { spec, body } = plan({ options: asked === undefined ? {} : { num_predict: asked } });
    expect(spec.completionTokensMax).toBe(bound);
    expect(body.options.num_predict).toBe(bound);
  });

  it("never asks for more tokens than the context has", () => {
    expect(plan({ entry: { ...entry, contextLength: 100 } }).spec.completionTokensMax).toBe(100);
  });

  it("keeps the client's seed, except -1, and not its num_ctx, which would make workers load the model anew", () => {
    const { options } = plan({ options: { seed: 5, num_ctx: 5_000 } }).body;
    expect(options).toMatchObject({ seed: 5 });
    expect(options).not.toHaveProperty("num_ctx");
    expect(plan({ options: { seed: -1 } }).body.options.seed).toBe(77);
  });

  it("bounds the prompt by the bytes that the model reads, not by the settings", () => {
    const short = plan();
    const long = plan({ prompt: { prompt: "hi".repeat(100) } });
    expect(long.spec.promptBytes - short.spec.promptBytes).toBe(198);
    expect(plan({ settings: { truncate: true, logprobs: true } }).bounds).toEqual(short.bounds);
    expect(short.bounds.promptTokensMax).toBeLessThan(100);
    expect(plan({ prompt: { prompt: "x".repeat(5_000) } }).bounds.promptTokensMax).toBe(1_000);
  });

  it("asks for no completion with embeddings", () => {
    const { spec, body, bounds } = plan({ operation: Operation.EMBED, prompt: { input: ["a"] } });
    expect(bounds.completionTokensMax).toBe(0);
    expect(spec.completionTokensMax).toBe(0);
    expect(body).toEqual({ input: ["a"], model: "m:latest", options: {} });
  });

  it("lets the worker send larger chunks when nobody reads them one by one", () => {
    expect(plan().spec.coalesce).toBe(false);
    expect(plan({ isStreamed: false }).spec.coalesce).toBe(true);
  });
});
