import { microLlama } from "@flock/money";
import {
  DEFAULT_PARAMETERS,
  emissionOfAllTimeMax,
  PARAMETERS,
  parametersFromJson,
  REWARDS_POOL_AT_GENESIS,
} from "@flock/parameters";
import fc from "fast-check";
import { scheduledEmission } from "./emission-schedule.js";

const schedule = (first: bigint, halfLife: number) => ({
  emissionFirstEpochMicro: microLlama(first),
  emissionHalfLifeEpochs: halfLife,
});
const firsts = fc.bigInt({ min: 0n, max: 10n ** 17n });

describe("the emission schedule", () => {
  it("is 1 000, 750, 500, 375, 250, 187 for a first epoch of 1 000 that halves every 2", () => {
    const epochs = [0, 1, 2, 3, 4, 5].map((epoch) => scheduledEmission(epoch, schedule(1_000n, 2)));
    expect(epochs).toEqual([1_000n, 750n, 500n, 375n, 250n, 187n]);
  });

  it("halves to the µLLAMA every half-life, rounding down", () => {
    fc.assert(
      fc.property(
        firsts,
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 0, max: 70 }),
        (first, h, k) => {
          expect(scheduledEmission(h * k, schedule(first, h))).toBe(first / 2n ** BigInt(k));
        },
      ),
    );
  });

  it("never rises", () => {
    fc.assert(
      fc.property(
        firsts,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 3_000 }),
        (first, h, epoch) => {
          const [now, next] = [epoch, epoch + 1].map((each) => scheduledEmission(each, schedule(first, h)));
          return now !== undefined && next !== undefined && now >= next;
        },
      ),
    );
  });

  it("emits first × (3H + 1) / 2 at most in all time, and almost that", () => {
    fc.assert(
      fc.property(firsts, fc.integer({ min: 1, max: 40 }), (first, halfLife) => {
        // After 64 half-lives nothing is emitted any more, so this is all of it.
        let total = 0n;
        for (let epoch = 0; epoch <= 64 * halfLife; epoch += 1) {
          total += scheduledEmission(epoch, schedule(first, halfLife));
        }
        const bound = emissionOfAllTimeMax(first, halfLife);
        expect(total <= bound && bound - total <= BigInt(64 * halfLife + 1)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("emits no more than pool:rewards has in all time, under any legal parameters", () => {
    const { emissionHalfLifeEpochs: range } = PARAMETERS;
    if (range.kind !== "integer") throw new Error("the half-life is a number of epochs");
    fc.assert(
      fc.property(firsts, fc.integer({ min: range.min, max: range.max }), (first, halfLife) => {
        const values = { emissionFirstEpochMicro: first.toString(), emissionHalfLifeEpochs: halfLife };
        try {
          parametersFromJson({ version: 1, values });
        } catch {
          return; // Outside the legal box: nobody can have them.
        }
        // In closed form, halving by halving: a half-life cannot be gone through epoch by epoch 20 million times.
        let total = 0n;
        for (let halvings = 0n; halvings < 64n; halvings += 1n) {
          total += (first * (3n * BigInt(halfLife) + 1n)) / (4n << halvings) + 1n;
        }
        expect(total).toBeLessThanOrEqual(REWARDS_POOL_AT_GENESIS + 64n);
      }),
    );
  });

  it("begins with 43 million LLAMA a day by default and gives 99 % of pool:rewards in all time", () => {
    const { emissionFirstEpochMicro: first, emissionHalfLifeEpochs } = DEFAULT_PARAMETERS.values;
    expect(scheduledEmission(0, DEFAULT_PARAMETERS.values)).toBe(43_000_000_000_000n);
    const total = emissionOfAllTimeMax(first, emissionHalfLifeEpochs);
    expect((total * 100n) / REWARDS_POOL_AT_GENESIS).toBe(99n);
  });

  it("is nothing in an epoch so late that nobody will see it", () => {
    expect(scheduledEmission(Number.MAX_SAFE_INTEGER, schedule(10n ** 17n, 1))).toBe(0n);
  });
});
