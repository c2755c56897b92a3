/*
 * How an epoch's protocol share and its emission are divided.
 *
 *   F                  = sum of the protocol shares of the epoch's jobs that were not clawed back
 *   emission           = min(scheduled(epoch), floor(F × emissionCapBps / 10 000), balance of pool:rewards)
 *   emission of w      = floor(emission × protocol share of w's jobs / F)
 *   stakers            = floor(F × feeStakersBps / 10 000)
 *   reward of o        = floor(stakers × weight of o / sum of all weights)
 *   liquidity          = floor(F × feeLiquidityBps / 10 000)
 *   dev                = floor(F × feeDevBps / 10 000)
 *   vest of w          = sum of the worker shares of w's jobs that were not clawed back
 *
 * Every division rounds down, so nobody gets more than their proportion. The remainders stay where they are: the
 * emission's dust in `pool:rewards`; the fees' dust, and the stakers' part when nobody stakes, in `pool:fees`. They are
 * not added to a later epoch's division: then a payer could get back what others had paid before.
 *
 * Jobs that were clawed back count for nothing here. Their protocol share goes to `pool:slashed`, where their worker
 * share is already. Together they are the charge, with which a client can be compensated. If stakers got a part of it,
 * a client that is also a staker would gain from jobs that are clawed back.
 *
 * Why paying oneself loses: of a job's protocol share f its owner gets back, as worker and as staker, at most
 * f × (emissionCapBps + feeStakersBps) / 10 000, and the parameters keep that below 99 % of f.
 *
 * Example: F = 1 001 with one worker and one staker, default parameters, plenty of schedule: emission 500 of
 * floor(500.5), stakers 400, liquidity 300, dev 300, and 1 stays in `pool:fees`.
 */
import { FlockError } from "@flock/errors";
import { BPS_PER_WHOLE, type MicroLlama, microLlama, minMicro, mulDivFloor, ZERO } from "@flock/money";
import type { Parameters, ParameterValues } from "@flock/parameters";
import { scheduledEmission } from "./emission-schedule.js";

/** The parameters that an epoch is divided by, in the order in which statements name them. */
export const EPOCH_RULE_NAMES = [
  "feeStakersBps",
  "feeLiquidityBps",
  "feeDevBps",
  "emissionCapBps",
  "emissionFirstEpochMicro",
  "emissionHalfLifeEpochs",
] as const;

export type EpochRules = Pick<ParameterValues, (typeof EPOCH_RULE_NAMES)[number]>;

/** What must be known before anybody's part can be computed. */
export interface EpochFacts {
  /** From 0. */
  readonly epoch: number;
  readonly rules: EpochRules;
  /** Balance of `pool:rewards` before this epoch's emission. */
  readonly rewardsPool: MicroLlama;
  /** Sum over all stakers of the smallest stake that each had during the epoch. */
  readonly stakeWeight: bigint;
  /** Sum of the protocol shares of jobs that were not clawed back. */
  readonly protocolShare: bigint;
  /** Sum of the protocol shares of jobs that were. */
  readonly protocolShareClawedBack: bigint;
}

/** An epoch's parts; see the rule above. */
export interface EpochDivision {
  readonly protocolShare: MicroLlama;
  readonly stakeWeight: bigint;
  /** The most that workers get together, from `pool:rewards`. */
  readonly emission: MicroLlama;
  /** The most that stakers get together, from `pool:fees`. */
  readonly stakers: MicroLlama;
  /** What goes from `pool:fees` to other pools. */
  readonly toLiquidity: MicroLlama;
  readonly toDev: MicroLlama;
  readonly toSlashed: MicroLlama;
}

/** The rules of an epoch that opened under `parameters`. */
export function epochRules({ values }: Parameters): EpochRules {
  const { feeStakersBps, feeLiquidityBps, feeDevBps } = values;
  const { emissionCapBps, emissionFirstEpochMicro, emissionHalfLifeEpochs } = values;
  return {
    feeStakersBps,
    feeLiquidityBps,
    feeDevBps,
    emissionCapBps,
    emissionFirstEpochMicro,
    emissionHalfLifeEpochs,
  };
}

/** The parts of an epoch. */
export function divideEpoch(facts: EpochFacts): EpochDivision {
  const { rules } = facts;
  const protocolShare = microLlama(facts.protocolShare);
  const partOf = (bps: number) => mulDivFloor(protocolShare, BigInt(bps), BigInt(BPS_PER_WHOLE));
  const scheduled = scheduledEmission(facts.epoch, rules);
  return {
    protocolShare,
    stakeWeight: facts.stakeWeight,
    emission: minMicro(minMicro(scheduled, partOf(rules.emissionCapBps)), facts.rewardsPool),
    stakers: partOf(rules.feeStakersBps),
    toLiquidity: partOf(rules.feeLiquidityBps),
    toDev: partOf(rules.feeDevBps),
    toSlashed: microLlama(facts.protocolShareClawedBack),
  };
}

/**
 * A worker's emission, for the protocol share that its jobs (those not clawed back) brought.
 * @throws FlockError `invalid_argument` when that is more than the epoch's.
 */
export function emissionOf(division: EpochDivision, workerProtocolShare: bigint): MicroLlama {
  expectPart("protocol share", workerProtocolShare, division.protocolShare);
  if (workerProtocolShare === 0n) return ZERO;
  return mulDivFloor(division.emission, workerProtocolShare, division.protocolShare);
}

/**
 * A staker's reward, for the smallest stake that the owner had during the epoch.
 * @throws FlockError `invalid_argument` when that is more than all stakes.
 */
export function stakingRewardOf(division: EpochDivision, weight: bigint): MicroLlama {
  expectPart("weight", weight, division.stakeWeight);
  if (weight === 0n) return ZERO;
  return mulDivFloor(division.stakers, weight, division.stakeWeight);
}

/** What of the epoch's protocol share stays in `pool:fees` for good, after `stakingRewards` were paid in all. */
export function feesKept(division: EpochDivision, stakingRewards: bigint): MicroLlama {
  const { protocolShare, toLiquidity, toDev } = division;
  return microLlama(protocolShare - toLiquidity - toDev - stakingRewards);
}

function expectPart(what: string, part: bigint, whole: bigint): void {
  if (part > whole)
    throw new FlockError("invalid_argument", `a ${what} of ${part} is more than all there is, ${whole}`);
}
