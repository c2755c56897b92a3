import { isMiss } from "./misses.js";
import type { Reading } from "./reading.js";
import type { Sampling } from "./sampling.js";

const GREEDY: Sampling = {
  temperature: 0,
  topK: 40,
  topP: 0.9,
  minP: 0,
  penaltyMillinats: 0,
  endsByItself: true,
};
const HOT: Sampling = { ...GREEDY, temperature: 0.8 };

/** Choices with these probabilities; `claimed` is an index. */
function reading(probabilities: readonly number[], claimed: number): Reading {
  const choices = probabilities.map((probability) => Math.round(Math.log(probability) * 1_000));
  return { kind: "token", offset: 0, choices, claimed };
}

describe("a miss", () => {
  it("of a greedy answer is a choice that is clearly less likely than the first", () => {
    expect(isMiss(reading([0.5, 0.31], 1), GREEDY)).toBe(false);
    expect(isMiss(reading([0.5, 0.3], 1), GREEDY)).toBe(true);
    expect(isMiss(reading([0.5, 0.2], -1), GREEDY)).toBe(true);
    expect(isMiss(reading([0.5, 0.49], -1), GREEDY)).toBe(false);
    expect(isMiss(reading([0.5, 0.1], 0), GREEDY)).toBe(false);
    expect(isMiss(reading([0.5, 0.1], 1), { ...HOT, topK: 1 })).toBe(true);
  });

  it("of a sampled answer is what clearly more likely choices leave no room for", () => {
    expect(isMiss(reading([0.95, 0.04], 1), HOT)).toBe(true);
    expect(isMiss(reading([0.85, 0.1], 1), HOT)).toBe(false);
    // The cut is at 0.9 of what is there behind the temperature or before it: the kinder one counts.
    expect(isMiss(reading([0.89, 0.05], 1), { ...HOT, temperature: 0.2 })).toBe(false);
    expect(isMiss(reading([0.95, 0.04], 1), { ...HOT, temperature: 3, topK: 40 })).toBe(false);
    expect(isMiss(reading([0.95, 0.04], 1), { ...HOT, topP: 1 })).toBe(false);
  });

  it("is never a choice that noise may have put behind the cut", () => {
    expect(isMiss(reading([0.46, 0.45, 0.04, 0.03], 2), { ...HOT, topK: 2, topP: 1 })).toBe(true);
    expect(isMiss(reading([0.46, 0.3, 0.2, 0.03], 2), { ...HOT, topK: 2, topP: 1 })).toBe(false);
  });

  it("of an answer from the twenty known choices needs them to have the whole probability", () => {
    const flat = Array.from({ length: 20 }, () => 0.02);
    expect(isMiss(reading(flat, -1), HOT)).toBe(false);
    const steep = [0.9, ...Array.from({ length: 19 }, () => 0.004)];
    expect(isMiss(reading(steep, -1), { ...HOT, topP: 0.85 })).toBe(true);
  });

  it("is what is far below the least part of the first choice", () => {
    expect(isMiss(reading([0.6, 0.05], 1), { ...HOT, topP: 1, minP: 0.2 })).toBe(true);
    expect(isMiss(reading([0.6, 0.09], 1), { ...HOT, topP: 1, minP: 0.2 })).toBe(false);
  });

  it("is no choice that a penalty may have put in the place of the first", () => {
    expect(isMiss(reading([0.9, 0.05], 1), { ...GREEDY, penaltyMillinats: 4_000 })).toBe(false);
    expect(isMiss(reading([0.98, 0.0001], 1), { ...GREEDY, penaltyMillinats: 4_000 })).toBe(true);
    expect(isMiss(reading([0.95, 0.04], 1), { ...HOT, penaltyMillinats: 4_000 })).toBe(false);
  });

  it("is nothing where no choice was told", () => {
    expect(isMiss({ kind: "token", offset: 0, choices: [], claimed: -1 }, GREEDY)).toBe(false);
  });
});
