import { uiTokenAmount } from "./token-account.js";

describe("uiTokenAmount", () => {
  it.each([
    [0n, 6, "0"],
    [1n, 6, "0.000001"],
    [1_500_000n, 6, "1.5"],
    [10n ** 17n, 6, "100000000000"],
    [2n ** 64n - 1n, 0, "18446744073709551615"],
    [2n ** 64n - 1n, 9, "18446744073.709551615"],
  ])("shows %d units with %d decimals as %s", (amount, decimals, shown) => {
    const { uiAmountString, uiAmount } = uiTokenAmount(amount, decimals);
    expect(uiAmountString).toBe(shown);
    expect(uiAmount).toBe(Number(shown));
  });
});
