import fc from "fast-check";
import { checkHoldings } from "./check-holdings.js";

const check = (difference: bigint, mayBringIn: boolean, takenUnseen: bigint) =>
  checkHoldings({ difference, mayBringIn, takenUnseen });

describe("checkHoldings", () => {
  it.each([
    [0n, false, 0n, "equal"],
    [0n, true, 50n, "equal"],
    // A surplus waits for whatever may have come in, and for nothing else.
    [1n, true, 0n, "waiting"],
    [1n, false, 0n, "unexplained"],
    [1n, false, 50n, "unexplained"],
    // A deficit waits for our own batches, by their amounts, and for no endpoint.
    [-1n, true, 0n, "unexplained"],
    [-1n, false, 0n, "unexplained"],
    [-50n, false, 50n, "waiting"],
    [-51n, false, 50n, "unexplained"],
    [-51n, true, 50n, "unexplained"],
  ])(
    "difference %d, may bring in %p, taken unseen %d: %s",
    (difference, mayBringIn, takenUnseen, finding) => {
      expect(check(difference, mayBringIn, takenUnseen)).toBe(finding);
    },
  );

  it("never blames what is merely unseen, and finds every theft once nothing is", () => {
    const amounts = fc.array(fc.bigInt({ min: 1n, max: 1_000n }), { maxLength: 5 });
    const sum = (list: readonly bigint[]) => list.reduce((all, amount) => all + amount, 0n);
    fc.assert(
      fc.property(amounts, amounts, amounts, (deposits, landed, underWay) => {
        const difference = sum(deposits) - sum(landed);
        const taken = sum([...landed, ...underWay]);
        expect(check(difference, deposits.length > 0, taken)).not.toBe("unexplained");
      }),
    );
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 1_000n }),
        amounts,
        fc.boolean(),
        (stolen, landed, mayBringIn) => {
          expect(check(-stolen - sum(landed), mayBringIn, sum(landed))).toBe("unexplained");
          expect(check(-stolen, mayBringIn, 0n)).toBe("unexplained");
        },
      ),
    );
  });
});
