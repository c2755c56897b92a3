import { type MicroLlama, microLlama } from "@flock/money";
import fc from "fast-check";
import {
  divideEpoch,
  type EpochFacts,
  emissionOf,
  feesKept,
  stakingRewardOf,
} from "../src/division/epoch-division.js";
import { jobFault } from "../src/division/job-arithmetic.js";
import { defaultRules, legalRules } from "./legal-rules.js";

const REWARDS = microLlama(95_000_000_000_000_000n);
const amounts = fc.oneof(fc.bigInt({ min: 0n, max: 30n }), fc.bigInt({ min: 0n, max: 10n ** 15n }));

function facts(over: Partial<EpochFacts>): EpochFacts {
  return {
    epoch: 0,
    rules: defaultRules,
    rewardsPool: REWARDS,
    stakeWeight: 0n,
    protocolShare: 0n,
    protocolShareClawedBack: 0n,
    ...over,
  };
}

/** Proportions by adding one µLLAMA at a time would be the definition; this is it in rational numbers. */
function isFloorOf(part: bigint, whole: bigint, numerator: bigint, denominator: bigint): boolean {
  return part * denominator <= whole * numerator && whole * numerator < (part + 1n) * denominator;
}

describe("the division of an epoch", () => {
  it("of 1 001 is 500 of emission, 400 for stakers, 300 and 300 for the pools, and 1 that stays", () => {
    const division = divideEpoch(facts({ protocolShare: 1_001n, stakeWeight: 5n }));
    expect(division).toMatchObject({ emission: 500n, stakers: 400n, toLiquidity: 300n, toDev: 300n });
    expect(emissionOf(division, 1_001n)).toBe(500n);
    expect(stakingRewardOf(division, 5n)).toBe(400n);
    expect(feesKept(division, 400n)).toBe(1n);
  });

  it("keeps the stakers' part in pool:fees when nobody stakes", () => {
    const division = divideEpoch(facts({ protocolShare: 1_000n }));
    expect(stakingRewardOf(division, 0n)).toBe(0n);
    expect(feesKept(division, 0n)).toBe(400n);
  });

  it("emits nothing without jobs, and what the pool still has when that is less than the cap", () => {
    expect(divideEpoch(facts({})).emission).toBe(0n);
    const last = divideEpoch(facts({ protocolShare: 1_000n, rewardsPool: microLlama(7n) }));
    expect(last.emission).toBe(7n);
    expect([emissionOf(last, 500n), emissionOf(last, 499n), emissionOf(last, 1n)]).toEqual([3n, 3n, 0n]);
  });

  it("emits what the schedule allows when that is less than the cap", () => {
    const rules = { ...defaultRules, emissionFirstEpochMicro: microLlama(100n), emissionHalfLifeEpochs: 1 };
    expect(divideEpoch(facts({ protocolShare: 1_000n, rules, epoch: 2 })).emission).toBe(25n);
  });

  it("gives the protocol share of jobs that were clawed back to pool:slashed, and counts them for nothing else", () => {
    const with_ = divideEpoch(facts({ protocolShare: 1_000n, protocolShareClawedBack: 70n }));
    expect(with_).toEqual({ ...divideEpoch(facts({ protocolShare: 1_000n })), toSlashed: 70n });
  });

  it("conserves: parts add up to what there was, each rounded down and none negative, whatever the facts", () => {
    const world = fc.record({
      rules: legalRules,
      epoch: fc.integer({ min: 0, max: 10_000 }),
      workers: fc.array(amounts, { maxLength: 20 }),
      stakes: fc.array(amounts, { maxLength: 20 }),
      rewardsPool: fc.oneof(amounts, fc.constant<bigint>(REWARDS)).map(microLlama),
      clawedBack: amounts,
    });
    fc.assert(
      fc.property(world, ({ workers, stakes, clawedBack, ...rest }) => {
        const protocolShare = sum(workers);
        const stakeWeight = sum(stakes);
        const division = divideEpoch({
          ...rest,
          protocolShare,
          stakeWeight,
          protocolShareClawedBack: clawedBack,
        });
        const emissions = workers.map((share) => emissionOf(division, share));
        const rewards = stakes.map((weight) => stakingRewardOf(division, weight));
        emissions.forEach((emission, index) => {
          const share = workers[index] ?? 0n;
          expect(isFloorOf(emission, division.emission, share, protocolShare || 1n)).toBe(true);
          // What makes paying oneself a loss: no worker gets more than the cap of what its own jobs paid.
          expect(emission * 10_000n <= share * BigInt(rest.rules.emissionCapBps)).toBe(true);
        });
        rewards.forEach((reward, index) => {
          expect(isFloorOf(reward, division.stakers, stakes[index] ?? 0n, stakeWeight || 1n)).toBe(true);
        });
        const kept = feesKept(division, sum(rewards));
        const fees = [...rewards, division.toLiquidity, division.toDev, kept];
        expect([...fees, ...emissions].every((part) => part >= 0n)).toBe(true);
        expect(sum(fees)).toBe(protocolShare);
        const dust = division.emission - sum(emissions);
        expect(dust < BigInt(workers.length || 1) || protocolShare === 0n).toBe(true);
        expect(sum(emissions) <= rest.rewardsPool).toBe(true);
        const feeDust = kept - (stakeWeight === 0n ? division.stakers : 0n);
        expect(feeDust < BigInt(stakes.length + 3)).toBe(true);
      }),
    );
  });

  it("refuses sums beyond 64 bits, and parts of more than there is", () => {
    expect(() => divideEpoch(facts({ protocolShare: 2n ** 63n }))).toThrow("does not fit 64 bits");
    const division = divideEpoch(facts({ protocolShare: 2n ** 63n - 1n, stakeWeight: 2n ** 63n - 1n }));
    expect(emissionOf(division, division.protocolShare)).toBe(division.emission);
    expect(stakingRewardOf(division, division.stakeWeight)).toBe(division.stakers);
    expect(() => emissionOf(division, 2n ** 63n)).toThrow("is more than all there is");
    expect(() => stakingRewardOf(division, 2n ** 63n)).toThrow("is more than all there is");
  });
});

describe("the arithmetic of a job", () => {
  const job = {
    promptTokens: 7n,
    completionTokens: 10n,
    promptPrice: 3n,
    completionPrice: 8n,
    held: 60n,
    workerShareBps: 9_500,
    charge: 60n,
    workerShare: 57n,
    protocolShare: 3n,
  };

  it("of 7 and 10 tokens at 3 and 8 with 60 held is 60 = 57 + 3, and with more held 101 = 95 + 6", () => {
    expect(jobFault(job)).toBeUndefined();
    const whole = { ...job, held: 101n, charge: 101n, workerShare: 95n, protocolShare: 6n };
    expect(jobFault(whole)).toBeUndefined();
  });

  it.each([
    [{ charge: 61n }, "the charge is 61, not 60"],
    [{ held: 59n }, "the charge is 60, not 59"],
    [{ workerShare: 58n, protocolShare: 2n }, "the worker share is 58, not 57"],
    [{ protocolShare: 4n }, "the protocol share is 4, not 3"],
  ])("with %j is refused: %s", (change, message) => {
    expect(jobFault({ ...job, ...change })).toBe(message);
  });
});

function sum(parts: readonly (bigint | MicroLlama)[]): bigint {
  return parts.reduce<bigint>((total, part) => total + part, 0n);
}
