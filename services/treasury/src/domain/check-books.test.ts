import { microLlama } from "@flock/money";
import fc from "fast-check";
import { checkBooks } from "./check-books.js";

const check = (holdings: bigint, unposted: bigint, uncredited: bigint, believed: bigint) =>
  checkBooks({
    holdings: microLlama(holdings),
    unposted: microLlama(unposted),
    uncredited: microLlama(uncredited),
    external: microLlama(-believed),
  });

describe("checkBooks", () => {
  it.each([
    [1_000n, 0n, 0n, 1_000n, { kind: "equal" }],
    [1_000n, 0n, 0n, 1_001n, { kind: "broken", difference: 1n }],
    [1_000n, 0n, 0n, 999n, { kind: "broken", difference: -1n }],
    [1_000n, 30n, 50n, 950n, { kind: "consistent" }],
    [1_000n, 30n, 50n, 1_030n, { kind: "consistent" }],
    [1_000n, 30n, 50n, 1_031n, { kind: "broken", difference: 1n }],
    [1_000n, 30n, 50n, 949n, { kind: "broken", difference: -1n }],
  ])("holdings %d, unposted %d, uncredited %d: the ledger may not say %d?", (h, p, c, believed, finding) => {
    expect(check(h, p, c, believed)).toEqual(finding);
  });

  it("accepts every order in which what is under way can have reached the ledger, and nothing beyond", () => {
    const amounts = fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 1_000n }), fc.boolean()), { maxLength: 6 });
    fc.assert(
      fc.property(amounts, amounts, fc.bigInt({ min: 1n, max: 10n }), (payouts, deposits, off) => {
        const holdings = 1_000_000n;
        const sum = (list: readonly (readonly [bigint, boolean])[]) =>
          list.reduce((all, [amount]) => all + amount, 0n);
        const open = (list: readonly (readonly [bigint, boolean])[]) =>
          sum(list.filter(([, isDone]) => !isDone));
        const believed = holdings + open(payouts) - open(deposits);
        expect(check(holdings, sum(payouts), sum(deposits), believed).kind).not.toBe("broken");
        expect(check(holdings, sum(payouts), sum(deposits), holdings + sum(payouts) + off).kind).toBe(
          "broken",
        );
        expect(check(holdings, sum(payouts), sum(deposits), holdings - sum(deposits) - off).kind).toBe(
          "broken",
        );
      }),
    );
  });
});
