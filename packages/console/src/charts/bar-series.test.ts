import { withOther } from "./bar-series.js";

describe("the series of a chart", () => {
  it("are four, and one that is the sum of all others", () => {
    const series = [5, 4, 3, 2, 1, 1].map((size, index) => ({
      name: `m${index}`,
      values: [size, size * 10],
    }));
    expect(withOther(series.slice(0, 4))).toEqual(series.slice(0, 4));
    expect(withOther(series).slice(4)).toEqual([{ name: "2 others", values: [2, 20] }]);
  });
});
