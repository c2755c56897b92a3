import { FloodWatch } from "./flood-watch.js";

describe("a flood watch", () => {
  const size = { burst: 3, perSecond: 2 };

  it("lets a sender say as much as it may, and catches it once a second from then on", () => {
    const watch = new FloodWatch(size, 10);
    const count = (nowMs: number) => watch.count("a", nowMs);
    expect([count(0), count(0), count(0)]).toEqual(["within", "within", "within"]);
    expect(watch.isBeyond("a", 0)).toBe(true);
    expect([count(0), count(0), count(400)]).toEqual(["caught", "beyond", "beyond"]);
    expect([count(500), count(500), count(999)]).toEqual(["within", "beyond", "beyond"]);
    expect([count(1_000), count(1_000)]).toEqual(["within", "caught"]);
  });

  it("knows each sender on its own", () => {
    const watch = new FloodWatch(size, 10);
    for (let times = 0; times < 9; times++) watch.count("a", 0);
    expect([watch.isBeyond("a", 0), watch.isBeyond("b", 0), watch.count("b", 0)]).toEqual([
      true,
      false,
      "within",
    ]);
  });
});
