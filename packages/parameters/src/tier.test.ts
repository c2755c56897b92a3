import { microLlama, minMicro, ZERO } from "@flock/money";
import fc from "fast-check";
import { defaultPrices } from "./default-prices.js";
import { DEFAULT_PARAMETERS } from "./presets.js";
import { tierOf } from "./tier.js";

describe("the tier of a stake", () => {
  it("changes at the smallest stake of each level", () => {
    const levels = [0n, 999_999_999n, 1_000_000_000n, 10_000_000_000n, 99_999_999_999n, 100_000_000_000n].map(
      (stake) => tierOf(microLlama(stake), DEFAULT_PARAMETERS).level,
    );
    expect(levels).toEqual([0, 0, 1, 2, 2, 3]);
  });

  it("is never worse for a higher stake", () => {
    const stakes = fc.bigInt({ min: 0n, max: 10n ** 12n }).map(microLlama);
    fc.assert(
      fc.property(stakes, stakes, (a, b) => {
        const low = tierOf(minMicro(a, b), DEFAULT_PARAMETERS);
        const high = tierOf(microLlama(a + b - minMicro(a, b)), DEFAULT_PARAMETERS);
        return (
          low.requestsPerMinute <= high.requestsPerMinute &&
          low.concurrency <= high.concurrency &&
          low.priority <= high.priority
        );
      }),
    );
  });

  it("without stake is 60 requests a minute, 4 at once, weight 1", () => {
    const tier = { level: 0, requestsPerMinute: 60, concurrency: 4, priority: 1 };
    expect(tierOf(ZERO, DEFAULT_PARAMETERS)).toEqual(tier);
  });
});

describe("the default price", () => {
  it.each([
    ["4.3M", 1n, 3n],
    ["1.2B", 1n, 3n],
    ["8.2B", 3n, 10n],
    ["9.2B", 10n, 30n],
    ["32.8B", 10n, 30n],
    ["70.6B", 25n, 75n],
    ["671.0B", 60n, 180n],
    ["1T", 60n, 180n],
  ])("of a model of %s is %s and %s µLLAMA", (size, promptPriceMicro, completionPriceMicro) => {
    expect(defaultPrices(size, DEFAULT_PARAMETERS)).toEqual({ promptPriceMicro, completionPriceMicro });
  });

  it.each(["", "8", "8b", "8x7B", "-1B", "1e9B", "B"])("of %j is refused", (size) => {
    expect(() => defaultPrices(size, DEFAULT_PARAMETERS)).toThrow("is not a model size");
  });
});
