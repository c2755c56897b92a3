import { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import type { CompletionRequest } from "./inference-request.js";
import { type PlannedJob, planJob } from "./job-spec.js";
import { modelOptions, samplingOptions } from "./model-options.js";

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
  keyId: "k",
  tier: 1,
  traceparent: "t",
  deadlineUnixMs: 9,
  completionTokensMax: 400,
  randomSeed: 77,
};

function plan(change: Partial<Omit<CompletionRequest, "options">> & { options?: object } = {}, of = entry) {
  const { options = {}, ...more } = change;
  const request: CompletionRequest = {
    operation: Operation.GENERATE,
    model: "M",
    prompt: "hi",
    options: samplingOptions({ ...options }),
    isStreamed: true,
    ...more,
  };
  return withBody(planJob(request, of, context));
}

function planEmbed(input: readonly string[]) {
  const options = modelOptions({ temperature: 1, num_predict: 9 });
  return withBody(planJob({ operation: Operation.EMBED, model: "M", input, options }, entry, context));
}

function withBody(planned: PlannedJob) {
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
    expect(plan({}, { ...entry, contextLength: 100 }).spec.completionTokensMax).toBe(100);
  });

  it("keeps the client's seed, except -1, and not its num_ctx, which would make workers load the model anew", () => {
    const { options } = plan({ options: { seed: 5, num_ctx: 5_000 } }).body;
    expect(options).toMatchObject({ seed: 5 });
    expect(options).not.toHaveProperty("num_ctx");
    expect(plan({ options: { seed: -1 } }).body.options.seed).toBe(77);
  });

  it("bounds the prompt by the bytes that the model reads, not by the settings", () => {
    const short = plan();
    const long = plan({ prompt: "hi".repeat(100) });
    expect(long.spec.promptBytes - short.spec.promptBytes).toBe(198);
    expect(plan({ truncate: true, logprobs: true }).bounds).toEqual(short.bounds);
    expect(short.bounds.promptTokensMax).toBeLessThan(100);
    expect(plan({ prompt: "x".repeat(5_000) }).bounds.promptTokensMax).toBe(1_000);
  });

  it("asks for no completion with embeddings", () => {
    const { spec, body, bounds } = planEmbed(["a"]);
    expect(bounds.completionTokensMax).toBe(0);
    expect(spec.completionTokensMax).toBe(0);
    expect(body).toEqual({ input: ["a"], model: "m:latest", options: { temperature: 1, num_predict: 9 } });
  });

  it("takes as many vectors as there were inputs, and no others", () => {
    const { spec } = planEmbed(["a", "b"]);
    const accepts = (vectors: unknown) => spec.acceptsEmbeddings?.(Buffer.from(JSON.stringify(vectors)));
    expect([accepts([[1], [2]]), accepts([[1]]), accepts([[1], [2, 3]]), accepts("x")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("lets the worker send larger chunks when nobody reads them one by one", () => {
    expect(plan().spec.coalesce).toBe(false);
    expect(plan({ isStreamed: false }).spec.coalesce).toBe(true);
    expect(planEmbed(["a"]).spec.coalesce).toBe(true);
  });
});
