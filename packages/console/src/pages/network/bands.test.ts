import type { LiveFrame } from "../../data/live-frame.js";
import { bandsOf } from "./bands.js";
import { layOut } from "./weave-layout.js";

function counts(slots: number, busy: number, draining = 0) {
  return { workers: slots, slots, busy, draining, waiting: 0, tokens: 0, jobs: 0 };
}

function frame(seq: number, models: LiveFrame["models"], other: LiveFrame["other"] = null): LiveFrame {
  return { at: new Date(seq * 1_000).toISOString(), seq, totals: counts(9, 1), models, other };
}

describe("the bands of the weave", () => {
  it("have a thread for each slot that there was, the largest first, and what is not told apart last", () => {
    const bands = bandsOf([
      frame(1, [{ name: "small", ...counts(2, 1) }], counts(5, 4, 1)),
      frame(2, [
        { name: "small", ...counts(2, 2) },
        { name: "large", ...counts(8, 3, 9) },
      ]),
    ]);
    expect(bands.map(({ name, threads }) => [name, threads])).toEqual([
      ["large", 8],
      ["small", 2],
      ["other models", 5],
    ]);
    expect(bands.map((band) => band.columnOf(frame(2, [{ name: "large", ...counts(8, 3, 9) }])))).toEqual([
      { slots: 8, busy: 0, draining: 8 },
      null,
      null,
    ]);
  });

  it("are eight at most, and each is tall enough to be seen and no wall", () => {
    const models = Array.from({ length: 20 }, (_, index) => ({
      name: `m${index}`,
      ...counts(2 ** index, 1),
    }));
    const bands = bandsOf([frame(1, models)]);
    expect(bands).toHaveLength(8);
    expect(bands.at(-1)).toMatchObject({ name: "13 more models, and others", threads: 2 ** 13 - 1 });
    const { bands: placed, height } = layOut(bands, 280);
    expect(Math.min(...placed.map((each) => each.height))).toBeGreaterThanOrEqual(12);
    expect(height).toBeLessThan(600);
    const [one] = layOut(bandsOf([frame(1, [{ name: "m", ...counts(2, 1) }])]), 280).bands;
    expect(one?.height).toBe(24);
  });
});
