import { age, jsonLine, moment } from "./format.js";

describe("jsonLine", () => {
  it("tells amounts as strings", () => {
    expect(jsonLine({ amount: 2n ** 60n, count: 3 })).toBe('{"amount":"1152921504606846976","count":3}\n');
  });
});

describe("moment", () => {
  it("is UTC to the second", () => {
    expect(moment(1_700_000_000_999)).toBe("2023-11-14 22:13:20");
  });
});

describe("age", () => {
  it.each([
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "1 h"],
    [86_399_999, "23 h"],
    [259_200_000, "3 d"],
  ])("of %d ms is %s", (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});
