import { eventually } from "@flock/provision/testing";
import { SessionRenewal } from "./session-renewal.js";

describe("a session that NATS refuses", () => {
  it("is renewed at once, and not again for every time that NATS asks", async () => {
    let renewals = 0;
    const renewal = new SessionRenewal({
      session: { credentials: "the same", lifeMs: 3_600_000, natsUrls: [], meshKeys: [] },
      renew: async () => {
        renewals += 1;
      },
    });
    const stop = new AbortController();
    const stopped = renewal.start(stop.signal);
    renewal.credentials();
    await new Promise(setImmediate);
    expect(renewals).toBe(0);
    await eventually("a renewal", () => {
      renewal.credentials();
      return renewals > 0;
    });
    for (let asked = 0; asked < 100; asked += 1) {
      renewal.credentials();
      await new Promise(setImmediate);
    }
    expect(renewals).toBe(1);
    stop.abort();
    await stopped;
  });
});
