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

  it("lets a minute's worth begin at once, then one whenever its share of the minute has passed", () => {
    const { limiter, pass } = limiterUnderTest();
    for (let request = 0; request < 3; request += 1) limiter.begin("a", limits)();
    const refused = refusalOf(() => limiter.begin("a", limits));
    expect(refused).toMatchObject({
      message: "too many requests: this account may begin 3 per minute",
      retry: { afterMs: 20_000 },
    });
    pass(19_999);
    expect(refusalOf(() => limiter.begin("a", limits)).retry).toEqual({ afterMs: 1 });
    pass(1);
    limiter.begin("a", limits)();
    expect(refusalOf(() => limiter.begin("a", limits)).retry).toEqual({ afterMs: 20_000 });
  });

  it("never saves up more than a minute's worth, and applies a new limit at once", () => {
    const { limiter, pass } = limiterUnderTest();
    limiter.begin("a", limits)();
    pass(3_600_000);
    for (let request = 0; request < 3; request += 1) limiter.begin("a", limits)();
    expect(refusalOf(() => limiter.begin("a", limits)).code).toBe("resource_exhausted");
    pass(60_000);
    limiter.begin("a", { ...limits, requestsPerMinute: 1 })();
    expect(refusalOf(() => limiter.begin("a", { ...limits, requestsPerMinute: 1 })).code).toBe(
      "resource_exhausted",
    );
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
