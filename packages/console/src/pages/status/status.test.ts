import { findingOf, type ServiceState, type Status, shareWords } from "./status.js";

function status(...states: ServiceState[]): Status {
  const services = states.map((state, index) => ({
    ...{ name: `s${index}`, state, instances: 1, since: null, note: null },
  }));
  return { as_of: "2026-11-29T14:02:11Z", services, incidents: [], days: [], payouts: null };
}

describe("the finding of the page Status", () => {
  it("is good only while every service is, and somebody has looked lately", () => {
    expect(findingOf(status("ok", "ok"), false)).toEqual({ tone: "ok", text: "Every service works." });
    expect(findingOf(status("ok", "ok"), true).tone).toBe("warn");
    expect(findingOf({ ...status("ok"), as_of: null }, false).tone).toBe("warn");
    expect(findingOf(status(), false).tone).toBe("warn");
  });

  it("names what is worst", () => {
    expect(findingOf(status("ok", "unknown"), false)).toMatchObject({ tone: "warn" });
    expect(findingOf(status("unknown", "degraded"), false).text).toBe("Working worse than usual: s1.");
    expect(findingOf(status("degraded", "down", "down"), false)).toEqual({
      ...{ tone: "bad", text: "Not working: s1, s2." },
    });
  });

  it("rounds no failure away", () => {
    expect([shareWords(2880, 2880), shareWords(2_879_999, 2_880_000), shareWords(0, 7)]).toEqual([
      ...["100 %", "99.99 %", "0 %"],
    ]);
  });
});
