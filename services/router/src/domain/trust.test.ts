import { Trust } from "./trust.js";

describe("the trust in a worker", () => {
  it("is eight leases until it has done a job, and then as many as it likes", () => {
    const trust = new Trust();
    for (let lease = 0; lease < 8; lease++) trust.granted(`lease-${lease}`, 0);
    expect(trust.left(0)).toBe(0);
    trust.ended("lease-0");
    expect(trust.left(0)).toBe(1);
    trust.succeed();
    expect(trust.left(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is one lease after a loss, until it has done a job again", () => {
    const trust = new Trust();
    trust.succeed();
    trust.lose(undefined, 0);
    expect(trust.left(0)).toBe(1);
    trust.granted("probe", 0);
    expect(trust.left(0)).toBe(0);
    trust.succeed();
    expect(trust.left(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is not lost by a few of many leases, if it has done jobs before", () => {
    const [trust, untried] = [new Trust(), new Trust()];
    trust.succeed();
    for (let loss = 0; loss < 25; loss++) trust.lose(`lease-${loss}`, 100);
    expect(trust.left(0)).toBe(Number.POSITIVE_INFINITY);
    trust.lose("one more", 100);
    expect(trust.left(0)).toBe(1);
    untried.lose("its first", 100);
    expect(untried.left(0)).toBe(1);
  });

  it("counts its losses anew after each job that it has done", () => {
    const trust = new Trust();
    for (let round = 0; round < 10; round++) {
      trust.succeed();
      for (let loss = 0; loss < 20; loss++) trust.lose(undefined, 100);
    }
    expect(trust.left(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("counts of the leases after a loss none that was granted before it", () => {
    const trust = new Trust();
    trust.granted("while it was untried", 0);
    trust.succeed();
    trust.granted("while it was trusted", 0);
    trust.lose("another", 0);
    expect(trust.left(0)).toBe(1);
  });

  it("tells a loss after a loss from those that came together", () => {
    const trust = new Trust();
    for (const lease of ["one", "two"]) trust.granted(lease, 0);
    expect([trust.lose("one", 0), trust.lose("two", 0)]).toEqual([false, false]);
    trust.granted("probe", 1);
    expect([trust.lose("probe", 0), trust.lose("probe", 0), trust.lose(undefined, 0)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("forgets a lease of which neither side says anything, and no other", () => {
    const trust = new Trust();
    trust.granted("forgotten", 0);
    trust.granted("running", 0);
    trust.listed("running", 9_000);
    trust.listed("never granted", 9_000);
    expect(trust.left(10_001)).toBe(7);
  });
});
