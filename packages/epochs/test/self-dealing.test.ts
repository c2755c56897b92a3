import { microLlama } from "@flock/money";
import fc from "fast-check";
import { scheduledEmission } from "../src/division/emission-schedule.js";
import { type Fate, isClawedBack, playEpoch, smallest, total, type World } from "./coalition-world.js";
import { cornered, legalRules } from "./legal-rules.js";

/*
 * Paying oneself never pays: docs/tokenomics.md has the argument, this tries to break it. The long form:
 * SELF_DEALING_WORLDS=1000000 npm run jest -- packages/epochs/test/self-dealing.test.ts
 */
const WORLDS = Number(process.env["SELF_DEALING_WORLDS"] ?? 3_000);

const TIMEOUT_MS = 60_000 + 2 * WORLDS;

/** Charges that lose to rounding, that gain by it, and plain ones. */
const charges = fc.oneof(
  fc.bigInt({ min: 0n, max: 40n }),
  fc.constantFrom(1n, 9n, 10n, 11n, 19n, 20n, 21n, 99n, 100n, 101n, 9_999n, 10_000n, 10_001n),
  fc.bigInt({ min: 0n, max: 1_000n }).map((n) => n * 10_000n),
  fc.bigInt({ min: 0n, max: 10n ** 15n }),
);
const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>("kept") },
  fc.constantFrom<Fate>("clawed back", "compensated", "slashed"),
);
/** Constant stakes, growing ones, and flashes that are gone at some time of the epoch. */
const stakes = fc.array(
  fc.array(
    fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 9n }), fc.bigInt({ min: 1n, max: 10n ** 16n })),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  { maxLength: 8 },
);
const WORKERS = 6;

const worlds: fc.Arbitrary<World> = fc.record({
  rules: legalRules,
  workerShareBps: cornered(9_000, 9_900),
  epoch: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000 })),
  rewardsPool: fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 95n * 10n ** 15n })),
  honestCharges: fc.oneof(fc.constant([]), fc.array(charges, { maxLength: 6 })),
  earnedCharges: fc.oneof(fc.constant([]), fc.array(charges, { maxLength: WORKERS })),
  honestStakes: fc.oneof(fc.constant([]), stakes),
  coalitionStakes: stakes,
  coalitionJobs: fc.array(fc.record({ worker: fc.nat({ max: WORKERS - 1 }), charge: charges, fate: fates }), {
    maxLength: 30,
  }),
});

const feeOf = (world: World, charge: bigint) => charge - (charge * BigInt(world.workerShareBps)) / 10_000n;

/** The protocol shares of the coalition's own jobs that count. */
function ownFees(world: World): bigint {
  const counted = world.coalitionJobs.filter((job) => !isClawedBack(world, job));
  return total(counted.map(({ charge }) => feeOf(world, charge)));
}

/**
 * What the coalition is due without jobs of its own, before any rounding, over a denominator: its honest workers' pay,
 * and its part of emission and staking rewards that honest jobs bring. What it then gets is below that by {@link
 * dustOf} at most.
 */
function dueWithout(world: World): { numerator: bigint; denominator: bigint } {
  const earned = total(world.earnedCharges.map((charge) => feeOf(world, charge)));
  const fees = earned + total(world.honestCharges.map((charge) => feeOf(world, charge)));
  const pay = total(world.earnedCharges) - earned;
  const weight = total(world.coalitionStakes.map(smallest));
  const allWeight = weight + total(world.honestStakes.map(smallest));
  const scheduled = scheduledEmission(world.epoch, world.rules);
  // Over 10 000: the smallest of the three bounds of the emission.
  const bounds = [
    scheduled * 10_000n,
    world.rewardsPool * 10_000n,
    fees * BigInt(world.rules.emissionCapBps),
  ];
  const [someFees, someWeight] = [fees || 1n, allWeight || 1n];
  const emission = smallest(bounds) * earned * someWeight;
  const rewards = fees * BigInt(world.rules.feeStakersBps) * weight * someFees;
  const denominator = 10_000n * someFees * someWeight;
  return { numerator: pay * denominator + emission + rewards, denominator };
}

/** What rounding withholds: less than 1 µLLAMA of each worker and staker, of the emission and of the stakers' part. */
function dustOf(accounts: number): bigint {
  return BigInt(accounts + 2);
}

describe("a coalition of clients, workers and stakers that pays itself", () => {
  it(
    "loses, against what it is due without, at least its fees × (100 % − cap − stakers' share)",
    () => {
      fc.assert(
        fc.property(worlds, (world) => {
          const { gain } = playEpoch(world);
          const { numerator, denominator } = dueWithout(world);
          const lossBps = 10_000n - BigInt(world.rules.emissionCapBps + world.rules.feeStakersBps);
          expect(lossBps >= 100n).toBe(true);
          const profit = (gain * denominator - numerator) * 10_000n;
          expect(profit <= -ownFees(world) * lossBps * denominator).toBe(true);
        }),
        { numRuns: WORLDS },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "never ends with more than without, to the µLLAMA, when it is alone or earns nothing from others",
    () => {
      fc.assert(
        fc.property(worlds, (drawn) => {
          const world = { ...drawn, earnedCharges: [], honestCharges: [] };
          const { gain } = playEpoch(world);
          expect(gain <= 0n).toBe(true);
          if (ownFees(world) > 0n) expect(gain < 0n).toBe(true);
        }),
        { numRuns: WORLDS },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "gains by rounding at most the dust that rounding withheld from it: below 1 µLLAMA an account, and 2",
    () => {
      fc.assert(
        fc.property(worlds, (world) => {
          const without = playEpoch({ ...world, coalitionJobs: [] });
          const accounts = world.earnedCharges.length + world.coalitionStakes.length;
          expect(playEpoch(world).gain - without.gain <= dustOf(accounts)).toBe(true);
        }),
        { numRuns: WORLDS },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "gains nothing by sybils: the same jobs and stake under more names never pay more, to the µLLAMA",
    () => {
      fc.assert(
        fc.property(worlds, fc.integer({ min: 2, max: 5 }), (drawn, names) => {
          const one: World = {
            ...drawn,
            earnedCharges: [],
            coalitionStakes: drawn.coalitionStakes.map((balances) => [smallest(balances)]),
            coalitionJobs: drawn.coalitionJobs.map((job) => ({ ...job, worker: 0 })),
          };
          const part = (balance: bigint, name: number) =>
            balance / BigInt(names) + (name === 0 ? balance % BigInt(names) : 0n);
          const sybils: World = {
            ...one,
            coalitionJobs: drawn.coalitionJobs,
            coalitionStakes: one.coalitionStakes.flatMap((balances) =>
              Array.from({ length: names }, (_, name) => balances.map((balance) => part(balance, name))),
            ),
          };
          expect(playEpoch(sybils).gain <= playEpoch(one).gain).toBe(true);
        }),
        { numRuns: WORLDS / 4 },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "gains nothing by many small jobs: what rounding adds to the fee is more than it adds to the rebates",
    () => {
      fc.assert(
        fc.property(worlds, fc.bigInt({ min: 2n, max: 6n }), (drawn, parts) => {
          const few: World = {
            ...drawn,
            coalitionJobs: drawn.coalitionJobs.map((job) => ({ ...job, fate: "kept" })),
          };
          const many: World = {
            ...few,
            coalitionJobs: few.coalitionJobs.flatMap((job) => [
              ...Array.from({ length: Number(parts) }, () => ({ ...job, charge: job.charge / parts })),
              { ...job, charge: job.charge % parts },
            ]),
          };
          const accounts = WORKERS + drawn.coalitionStakes.length;
          expect(playEpoch(many).gain <= playEpoch(few).gain + dustOf(accounts)).toBe(true);
          expect(ownFees(many) >= ownFees(few)).toBe(true);
        }),
        { numRuns: WORLDS / 4 },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "gets no staking reward for a stake that was not there all the time",
    () => {
      fc.assert(
        fc.property(worlds, (drawn) => {
          const flashes = drawn.coalitionStakes.map((balances) => [...balances, 0n]);
          const world: World = { ...drawn, coalitionStakes: flashes, earnedCharges: [], coalitionJobs: [] };
          expect(playEpoch(world).gain).toBe(0n);
        }),
        { numRuns: WORLDS / 8 },
      );
    },
    TIMEOUT_MS,
  );

  it("can at best lose 1 µLLAMA, and at best 0.01 % of what it pays, at the corner of the legal box", () => {
    const alone = (charge: bigint, workerShareBps: number, feeStakersBps: number): World => ({
      rules: {
        feeStakersBps,
        feeLiquidityBps: 10_000 - feeStakersBps,
        feeDevBps: 0,
        emissionCapBps: 9_900 - feeStakersBps,
        emissionFirstEpochMicro: microLlama(10n ** 15n),
        emissionHalfLifeEpochs: 10,
      },
      workerShareBps,
      epoch: 0,
      rewardsPool: 10n ** 17n,
      honestCharges: [],
      earnedCharges: [],
      honestStakes: [],
      coalitionStakes: [[1n]],
      coalitionJobs: [{ worker: 0, charge, fate: "kept" }],
    });
    for (const workerShareBps of [9_000, 9_500, 9_900]) {
      for (const feeStakersBps of [0, 1, 4_950, 9_900]) {
        const gains = Array.from(
          { length: 500 },
          (_, charge) => playEpoch(alone(BigInt(charge + 1), workerShareBps, feeStakersBps)).gain,
        );
        expect(smallest(gains.map((gain) => -gain))).toBe(1n);
        const charge = 100_000_000n;
        const fee = feeOf(alone(charge, workerShareBps, feeStakersBps), charge);
        expect(playEpoch(alone(charge, workerShareBps, feeStakersBps)).gain).toBe(-fee / 100n);
      }
    }
    // The bound is met: 0.01 % of the charge, and no legal parameters give more back.
    expect(playEpoch(alone(100_000_000n, 9_900, 4_950)).gain).toBe(-10_000n);
  });

  it(
    "breaks even at best when its jobs are clawed back and its client is compensated",
    () => {
      const job = { worker: 0, charge: 1_000_000n, fate: "compensated" as const };
      fc.assert(
        fc.property(worlds, (drawn) => {
          const world = { ...drawn, earnedCharges: [], honestCharges: [], coalitionJobs: [job, job] };
          expect(playEpoch(world).gain).toBe(0n);
        }),
        { numRuns: WORLDS / 8 },
      );
    },
    TIMEOUT_MS,
  );
});
