import fc from "fast-check";
import { affordableTokens, amounts, promptTokensBound } from "./cost.js";

const prices = { promptPriceMicro: 2n, completionPriceMicro: 5n };
const bounds = { promptTokensMax: 100, completionTokensMax: 50 };

describe("promptTokensBound", () => {
  it.each([
    [100, 0, 164, 1],
    [100, 4096, 164, 1],
    [100_000, 4096, 4096, 1],
    [100_000, 4096, 8192, 2],
    [100, 4096, 228, 2],
  ])("%i bytes with a context of %i are at most %i tokens", (bytes, context, bound, prompts) => {
    expect(promptTokensBound(bytes, context, prompts)).toBe(bound);
  });
});

describe("amounts", () => {
  it("reserves 450 at most and 205 at least for 100 + 50 tokens at 2 and 5", () => {
    expect(amounts(prices, bounds)).toEqual({ max: 450n, min: 205n });
  });

  it("is only the prompt for embeddings", () => {
    expect(amounts(prices, { promptTokensMax: 100, completionTokensMax: 0 })).toEqual({
      max: 200n,
      min: 200n,
    });
  });
});

describe("affordableTokens", () => {
  it.each([
    [450n, 50],
    [449n, 49],
    [229n, 5],
    [205n, 1],
    [204n, 0],
    [0n, 0],
    [10_000n, 50],
  ])("a grant of %i pays for %i tokens", (granted, tokens) => {
    expect(affordableTokens(prices, bounds, granted)).toBe(tokens);
  });

  it("is the whole bound when completions are free", () => {
    expect(affordableTokens({ ...prices, completionPriceMicro: 0n }, bounds, 0n)).toBe(50);
  });

  it("never costs more than the grant, and one token more would", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 1_000n }),
        fc.bigInt({ min: 1n, max: 1_000n }),
        fc.nat(10_000),
        fc.nat(10_000),
        fc.bigInt({ min: 0n, max: 20_000_000n }),
        (promptPriceMicro, completionPriceMicro, promptTokensMax, completionTokensMax, extra) => {
          const given = { promptPriceMicro, completionPriceMicro };
          const limits = { promptTokensMax, completionTokensMax };
          const granted = amounts(given, limits).min + extra;
          const tokens = affordableTokens(given, limits, granted);
          const cost = (count: number) =>
            BigInt(promptTokensMax) * promptPriceMicro + BigInt(count) * completionPriceMicro;
          expect(cost(tokens) <= granted).toBe(true);
          expect(tokens === completionTokensMax || cost(tokens + 1) > granted).toBe(true);
        },
      ),
    );
  });
});
