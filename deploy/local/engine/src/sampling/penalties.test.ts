import fc from "fast-check";
import { Penalties } from "./penalties.js";
import { rank, type SamplingOptions } from "./sampler.js";

const OPTIONS: SamplingOptions = {
  temperature: 1,
  topK: 40,
  topP: 1,
  minP: 0,
  repeatPenalty: 1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 0,
};

describe("Penalties", () => {
  it("divides positive logits, multiplies others, and subtracts per token and per occurrence", () => {
    const options = { ...OPTIONS, repeatPenalty: 2, presencePenalty: 0.5, frequencyPenalty: 0.25 };
    const penalties = new Penalties(options, 64, Uint32Array.of(1, 1, 2));
    // 1: 4 / 2 - 0.5 - 2 * 0.25; 2: -1 * 2 - 0.5 - 0.25; 3 did not occur.
    expect(penalties.apply(rank([1, 4, 2, -1, 3, 0.5]))).toEqual([
      { token: 1, logit: 1 },
      { token: 3, logit: 0.5 },
      { token: 2, logit: -2.75 },
    ]);
  });

  it("looks at the last tokens of prompt and generated text together", () => {
    const penalties = new Penalties({ ...OPTIONS, presencePenalty: 1 }, 2, Uint32Array.of(1, 2, 3));
    const lowered = () => penalties.apply(rank([1, 0, 2, 0, 3, 0, 4, 0])).filter(({ logit }) => logit < 0);
    expect(lowered().map(({ token }) => token)).toEqual([2, 3]);
    penalties.push(4);
    expect(lowered().map(({ token }) => token)).toEqual([3, 4]);
  });

  it("are off without effect or without a window", () => {
    expect(Penalties.areActive(OPTIONS)).toBe(false);
    expect(Penalties.areActive({ ...OPTIONS, repeatPenalty: 1.1 })).toBe(true);
    expect(Penalties.areActive({ ...OPTIONS, repeatPenalty: 1.1, repeatLastN: 0 })).toBe(false);
  });

  it("say how many raw logits are enough to know the best penalised ones", () => {
    const window = fc.array(fc.nat(60), { maxLength: 30 });
    const logits = fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 61, maxLength: 61 });
    const penalty = fc.record({
      repeatPenalty: fc.double({ min: 1, max: 3, noNaN: true }),
      presencePenalty: fc.double({ min: 0, max: 3, noNaN: true }),
      frequencyPenalty: fc.double({ min: 0, max: 3, noNaN: true }),
    });
    fc.assert(
      fc.property(window, logits, penalty, fc.integer({ min: 1, max: 10 }), (tokens, all, options, count) => {
        const penalties = new Penalties({ ...OPTIONS, ...options }, 64, Uint32Array.from(tokens));
        const ranked = rank(all.flatMap((logit, token) => [token, logit]));
        const enough = ranked.slice(0, penalties.rawCandidatesFor(count));
        expect(penalties.apply(enough).slice(0, count)).toEqual(penalties.apply(ranked).slice(0, count));
      }),
    );
  });

  it("need all logits when they can raise one", () => {
    const penalties = new Penalties({ ...OPTIONS, presencePenalty: -1 }, 64, Uint32Array.of(1));
    expect(penalties.rawCandidatesFor(1)).toBe(Number.POSITIVE_INFINITY);
  });
});
