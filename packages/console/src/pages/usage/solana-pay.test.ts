import { payUrl } from "./solana-pay.js";

const TO = "solana:7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";

describe("the address of a payment", () => {
  it("has one amount, and all that the api gave with it", () => {
    expect(payUrl(`${TO}?spl-token=m&memo=flock%3Aa`, "2.5")).toBe(
      `${TO}?amount=2.5&spl-token=m&memo=flock%3Aa`,
    );
    expect(payUrl(`${TO}?amount=9&memo=a`, "")).toBe(`${TO}?memo=a`);
  });

  it.each(["https://evil.example?memo=a", "solana:https://evil.example?memo=a", TO, ""])(
    "is not made of %j",
    (url) => {
      expect(payUrl(url, "1")).toBeNull();
    },
  );
});
