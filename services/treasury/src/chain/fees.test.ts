import { priceOf } from "./fees.js";

describe("priceOf", () => {
  it.each([
    [[], 100n, 0n],
    [[0n, 0n, 0n, 0n], 100n, 0n],
    [[10n, 40n, 20n, 30n], 100n, 40n],
    [[1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n], 100n, 7n],
    [[1n, 10n ** 12n], 100n, 100n],
  ])("of %j, at most %d, is %d", (recent, max, price) => {
    expect(priceOf(recent, max)).toBe(price);
  });
});
