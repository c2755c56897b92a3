import fc from "fast-check";
import { uniformAt } from "./random.js";
import { type Candidate, drawToken, rank, type SamplingOptions } from "./sampler.js";

const OPTIONS: SamplingOptions = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repeatPenalty: 1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 0,
};

const candidates = fc
  .uniqueArray(fc.record({ token: fc.nat(500), logit: fc.float({ min: -30, max: 30, noNaN: true }) }), {
    minLength: 1,
    maxLength: 30,
    selector: ({ token }) => token,
  })
  .map((list) => rank(list.flatMap(({ token, logit }) => [token, logit])));
const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Tokens that can be drawn, found by drawing at a thousand places. */
function support(ranked: readonly Candidate[], options: Partial<SamplingOptions>): Set<number> {
  const draws = Array.from({ length: 1000 }, (_, i) =>
    drawToken(ranked, { ...OPTIONS, ...options }, () => i / 1000),
  );
  return new Set(draws);
}

describe("the sampler", () => {
  it("draws as the example in its head says", () => {
    const ranked = rank([7, Math.log(4), 3, Math.log(2), 5, Math.log(2), 9, 0]);
    const options = { ...OPTIONS, topK: 3, topP: 0.7 };
    expect(ranked.map(({ token }) => token)).toEqual([7, 3, 5, 9]);
    expect(drawToken(ranked, options, () => 0.666)).toBe(7);
    expect(drawToken(ranked, options, () => 0.667)).toBe(3);
    expect(support(ranked, options)).toEqual(new Set([7, 3]));
  });

  it("takes the highest logit at temperature 0, the lowest id among equals, and draws nothing", () => {
    const never = () => {
      throw new Error("drew");
    };
    expect(drawToken(rank([8, 1.5, 4, 1.5, 2, 1]), { ...OPTIONS, temperature: 0 }, never)).toBe(4);
  });

  it("comes to the same choice whatever order the logits arrive in", () => {
    fc.assert(
      fc.property(candidates, uniform, fc.integer(), (ranked, u, salt) => {
        const shuffled = [...ranked].sort(
          (a, b) => ((a.token * 31 + salt) % 7) - ((b.token * 31 + salt) % 7),
        );
        const pairs = shuffled.flatMap(({ token, logit }) => [token, logit]);
        expect(drawToken(rank(pairs), OPTIONS, () => u)).toBe(drawToken(ranked, OPTIONS, () => u));
      }),
    );
  });

  it("never draws outside of topK, topP and minP, and always something", () => {
    const options = fc.record({
      topK: fc.integer({ min: -1, max: 10 }),
      topP: fc.double({ min: -0.5, max: 1.5, noNaN: true }),
      minP: fc.double({ min: 0, max: 1.5, noNaN: true }),
      temperature: fc.constantFrom(1e-300, 0.01, 0.8, 5, 1e300),
    });
    fc.assert(
      fc.property(candidates, options, uniform, (ranked, chosen, u) => {
        const token = drawToken(ranked, { ...OPTIONS, ...chosen }, () => u);
        const index = ranked.findIndex((candidate) => candidate.token === token);
        expect(index).toBeGreaterThanOrEqual(0);
        if (chosen.topK > 0) expect(index).toBeLessThan(chosen.topK);
        if (index === 0) return;
        const weights = ranked.map(({ logit }) => Math.exp(logit - (ranked[0]?.logit ?? 0)));
        expect(weights[index]).toBeGreaterThanOrEqual(chosen.minP);
        const kept = chosen.topK > 0 ? weights.slice(0, chosen.topK) : weights;
        const before = weights.slice(0, index).reduce((sum, weight) => sum + weight, 0);
        const total = kept.reduce((sum, weight) => sum + weight, 0);
        if (chosen.topP < 1) expect(before).toBeLessThan(chosen.topP * total);
      }),
    );
  });

  it("moves down the list as the random number grows", () => {
    fc.assert(
      fc.property(candidates, uniform, uniform, (ranked, a, b) => {
        const place = (u: number) =>
          ranked.findIndex(({ token }) => token === drawToken(ranked, OPTIONS, () => u));
        expect(place(Math.min(a, b))).toBeLessThanOrEqual(place(Math.max(a, b)));
      }),
    );
  });
});

describe("uniformAt", () => {
  it("is the documented function: SHA-256 of seed and position", () => {
    // Computed with Python's hashlib and struct.
    expect(uniformAt(0, 0)).toBe(0.9393909028041847);
    expect(uniformAt(7, 120)).toBe(0.9025134467580688);
    expect(uniformAt(-3, 1)).toBe(0.2682732129370623);
  });

  it("gives every pair of seed and position a number of its own in [0, 1)", () => {
    const numbers = [0, 1, -1, 2 ** 40].flatMap((seed) =>
      Array.from({ length: 500 }, (_, i) => uniformAt(seed, i)),
    );
    expect(new Set(numbers).size).toBe(2000);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(numbers.reduce((sum, number) => sum + number, 0) / 2000).toBeCloseTo(0.5, 1);
  });
});
