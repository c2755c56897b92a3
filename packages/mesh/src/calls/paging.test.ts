import { checkedCursor, checkedLimit, pageOf } from "./paging.js";

const refusal = expect.objectContaining({ code: "invalid_argument" });

describe("a page", () => {
  it("is as long as asked for, 100 if nothing is asked for, and 500 at most", () => {
    expect([1, 500, 0].map(checkedLimit)).toEqual([1, 500, 100]);
    for (const limit of [-1, 501, 1.5, Number.NaN]) expect(() => checkedLimit(limit)).toThrow(refusal);
  });

  it("begins where the page before ended, or at the beginning", () => {
    expect(["", "1", "999999999999999999"].map(checkedCursor)).toEqual([undefined, 1n, 10n ** 18n - 1n]);
    for (const cursor of ["0", "-1", "01", "x", "1000000000000000000"])
      expect(() => checkedCursor(cursor)).toThrow(refusal);
  });

  it("says where the next one begins if one item more was found, and only then", () => {
    expect(pageOf([5, 4, 3], 2, BigInt)).toEqual({ items: [5, 4], nextCursor: "4" });
    expect(pageOf([5, 4], 2, BigInt)).toEqual({ items: [5, 4], nextCursor: "" });
    expect(pageOf([], 2, BigInt)).toEqual({ items: [], nextCursor: "" });
  });
});
