import { exactJson } from "./exact-json.js";

describe("exactJson", () => {
  it("writes bigints as integers with all their digits, and everything else as JSON does", () => {
    expect(exactJson({ epoch: 2n ** 64n - 1n, list: [0n, 1, null], text: "5" })).toBe(
      '{"epoch":18446744073709551615,"list":[0,1,null],"text":"5"}',
    );
  });
});
