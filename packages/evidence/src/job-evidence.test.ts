import fc from "fast-check";
import { JOB_LOG_E_MAX, jobEvidence } from "./job-evidence.js";
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
const CELL = { positions: 2_000, misses: 0, surprisalSlackMillinats: 0 };

const hit: Reading = { kind: "token", offset: 1, choices: [-10, -5_000], claimed: 0 };
const miss: Reading = { ...hit, claimed: 1 };

function greedy(misses: number, positions: number) {
  const readings = Array.from({ length: positions }, (_, index) => (index < misses ? miss : hit));
  return jobEvidence(readings, GREEDY, CELL);
}

function binomial(count: number, positions: number, rate: number): number {
  let ways = 1;
  for (let index = 1; index <= count; index++) ways *= (positions - index + 1) / index;
  return ways * rate ** count * (1 - rate) ** (positions - count);
}

describe("the evidence of a job", () => {
  it("is for the worker without a miss, and against it from two misses of eight on", () => {
    expect(greedy(0, 8)).toMatchObject({ verdict: "same", misses: 0 });
    expect(greedy(0, 8).logEMillinats).toBeLessThan(0);
    expect(greedy(1, 8)).toMatchObject({ verdict: "undetermined" });
    expect(greedy(2, 8)).toMatchObject({ verdict: "different" });
    expect(greedy(8, 8)).toMatchObject({ verdict: "different", logEMillinats: JOB_LOG_E_MAX });
  });

  it("says nothing where nobody has measured honest workers, or nothing was read", () => {
    expect(jobEvidence([miss, miss], GREEDY, undefined)).toEqual({
      verdict: "undetermined",
      positions: 2,
      misses: 2,
      logEMillinats: undefined,
    });
    expect(jobEvidence([], GREEDY, CELL).logEMillinats).toBeUndefined();
  });

  it("is at most 1 in expectation at the highest rate of misses that honest workers may have", () => {
    for (const positions of [1, 2, 5, 8, 16]) {
      let expectation = 0;
      for (let misses = 0; misses <= positions; misses++) {
        const { logEMillinats = 0 } = greedy(misses, positions);
        expectation += binomial(misses, positions, 0.01) * Math.exp(logEMillinats / 1_000);
      }
      expect(expectation).toBeLessThanOrEqual(1);
    }
  });

  it("does not depend on the order of the places", () => {
    const readings = fc.array(fc.constantFrom(hit, miss, { ...hit, claimed: -1 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(readings, fc.constantFrom(GREEDY, HOT), (places, sampling) => {
        const there = jobEvidence(places, sampling, CELL);
        const back = jobEvidence([...places].reverse(), sampling, CELL);
        expect(back.verdict).toBe(there.verdict);
        expect(Math.abs((back.logEMillinats ?? 0) - (there.logEMillinats ?? 0))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("is at most 1 in expectation for an honest sampler, whatever its model says", () => {
    // All of a sampled answer's places: the expectation over what the sampler chooses at each, exactly.
    const model = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(model, fc.double({ min: 0.1, max: 2, noNaN: true }), (weights, temperature) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const choices = weights.map((w) => Math.round(1_000 * Math.log(w / total))).sort((a, b) => b - a);
        const sampling = { ...HOT, temperature, topK: 0, topP: 1 };
        const powers = choices.map((choice) => Math.exp(choice / 1_000 / temperature));
        const sum = powers.reduce((all, power) => all + power, 0);
        const expectation = choices.reduce((all, _, claimed) => {
          const place: Reading = { kind: "token", offset: 0, choices, claimed };
          const { logEMillinats = 0 } = jobEvidence([place], sampling, CELL);
          return all + ((powers[claimed] ?? 0) / sum) * Math.exp(logEMillinats / 1_000);
        }, 0);
        expect(expectation).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("is at most 1 in expectation where much more is possible than the twenty choices that are known", () => {
    // Forty equal tokens: an honest sampler takes one of those that are not known half of the time.
    const choices = new Array<number>(20).fill(Math.round(1_000 * Math.log(1 / 40)));
    const place = (claimed: number): Reading => ({ kind: "token", offset: 0, choices, claimed });
    const readings = [0, 1, 2, 3].map(place);
    const unknown = new Array<Reading>(4).fill(place(-1));
    const { logEMillinats = 0, misses } = jobEvidence([...readings, ...unknown], HOT, CELL);
    expect([misses, logEMillinats <= 0]).toEqual([0, true]);
  });

  it("grows by surprisal where a sampled answer is too unlikely without a miss", () => {
    // All that the model knows, and the sampler takes the first two of it.
    const dull: Reading = { kind: "token", offset: 0, choices: [-300, -1_800, -2_600, -3_900], claimed: 1 };
    const unlikely = jobEvidence(new Array(8).fill(dull), HOT, CELL);
    const likely = jobEvidence(new Array(8).fill({ ...dull, claimed: 0 }), HOT, CELL);
    expect(unlikely.misses).toBe(0);
    expect(unlikely.logEMillinats ?? 0).toBeGreaterThan(likely.logEMillinats ?? 0);
  });
});
