import { clientOf, RequestLimit } from "./request-limits.js";

describe("RequestLimit", () => {
  it("counts each name for itself, and begins anew every minute", () => {
    const limit = new RequestLimit(2);
    expect([1, 2, 3].map(() => limit.allows("a", 0))).toEqual([true, true, false]);
    expect(limit.allows("b", 0)).toBe(true);
    expect(limit.allows("a", 59_999)).toBe(false);
    expect(limit.allows("a", 60_000)).toBe(true);
  });

  it("counts what comes after a hundred thousand names as one", () => {
    const limit = new RequestLimit(1);
    for (let name = 0; name < 100_000; name++) limit.allows(String(name), 0);
    expect([limit.allows("x", 0), limit.allows("y", 0)]).toEqual([true, false]);
  });
});

describe("clientOf", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"],
    ["2001:DB8::5", "2001:db8:0:0::/64"],
    ["2001:db8:0001::5", "2001:db8:1:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    [undefined, "unknown"],
  ])("takes %s for %s", (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
