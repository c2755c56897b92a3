import { FlockError } from "@flock/errors";
import { RequestLimiter } from "./request-limiter.js";

function limiterUnderTest() {
  let nowMs = 0;
  const limiter = new RequestLimiter(() => nowMs);
  return {
    limiter,
    pass: (durationMs: number) => {
      nowMs += durationMs;
    },
  };
}

function refusalOf(act: () => unknown): FlockError {
  try {
    act();
  } catch (thrown) {
    return FlockError.from(thrown);
  }
  throw new Error("it was not refused");
}

describe("RequestLimiter", () => {
  const limits = { requestsPerMinute: 3, concurrency: 2 };

  it("lets as many requests run at once as the tier allows, of each account", () => {
    const { limiter } = limiterUnderTest();
    const ends = [limiter.begin("a", limits), limiter.begin("a", limits)];
    expect(refusalOf(() => limiter.begin("a", limits))).toMatchObject({
      code: "resource_exhausted",
      message: "too many requests at once: 2 of this account may run, and do",
      retry: { afterMs: 1_000 },
    });
    limiter.begin("b", limits);
    ends[0]?.();
    limiter.begin("a", limits);
  });

  it("says how many may begin per minute, and when the next one may", () => {
    const { limiter, pass } = limiterUnderTest();
    for (let request = 0; request < 3; request += 1) limiter.begin("a", limits)();
    expect(refusalOf(() => limiter.begin("a", limits))).toMatchObject({
      code: "resource_exhausted",
      message: "too many requests: this account may begin 3 per minute",
      retry: { afterMs: 20_000 },
    });
    pass(20_000);
    limiter.begin("a", limits)();
  });

  it("does not count what it refused", () => {
    const { limiter } = limiterUnderTest();
    const narrow = { requestsPerMinute: 2, concurrency: 1 };
    const end = limiter.begin("a", narrow);
    for (let request = 0; request < 10; request += 1) refusalOf(() => limiter.begin("a", narrow));
    end();
    limiter.begin("a", narrow)();
  });
});
