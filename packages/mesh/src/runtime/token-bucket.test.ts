import fc from "fast-check";
import { TokenBucket } from "./token-bucket.js";

describe("a token bucket", () => {
  it("has a token again once the time that it named has passed, however often it was asked meanwhile", () => {
    const perMinute = fc.integer({ min: 1, max: 10_000 });
    const questions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(perMinute, questions, (rate, shares) => {
        const [bucket, size] = [new TokenBucket(), { burst: 1, perSecond: rate / 60 }];
        expect(bucket.take(size, 0)).toBe(0);
        const waitMs = bucket.waitMs(size, 0);
        for (const share of shares.toSorted((a, b) => a - b)) bucket.waitMs(size, share * waitMs);
        expect(bucket.take(size, waitMs)).toBe(0);
      }),
    );
  });
});
