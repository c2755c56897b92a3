import type { ParameterValues } from "@flock/parameters";

/** A job that was charged. */
export interface ReferenceJob {
  readonly id: string;
  /** Of the wallet that paid. */
  readonly account: string;
  readonly worker: string;
  readonly charge: bigint;
  readonly workerShare: bigint;
  isClawedBack: boolean;
}

/** What a closing epoch pays to somebody. */
export interface ReferencePayment {
  readonly kind: "vest" | "emission" | "staking_reward" | "fee_share";
  readonly receiver: string;
  readonly from: string;
  readonly to: string;
  /** Never 0. */
  readonly amount: bigint;
}

export interface ReferenceEpoch {
  readonly number: bigint;
  /** It is paid by these, whatever is in force when it closes. */
  readonly values: ParameterValues;
  state: "open" | "ended" | "closing" | "closed";
  readonly jobs: ReferenceJob[];
  /** The smallest stake that each owner had; who is not named had nothing at some time. */
  readonly lows: Map<string, bigint>;
  /** From `closing` on. */
  payments: readonly ReferencePayment[];
}

/**
 * The epochs of the reference ledger, each with a record of its own of what happened in it, and how they are divided:
 * docs/tokenomics.md written down once more in plain bigint, with nothing of @flock/epochs.
 */
export class ReferenceEpochs {
  readonly #epochs: ReferenceEpoch[];

  constructor(values: ParameterValues) {
    this.#epochs = [epochOf(0n, values, new Map())];
  }

  get open(): ReferenceEpoch {
    const open = this.#epochs.at(-1);
    if (open === undefined) throw new Error("there is always an open epoch");
    return open;
  }

  /** Oldest first. */
  get unclosed(): readonly ReferenceEpoch[] {
    return this.#epochs.filter(({ state }) => state !== "closed");
  }

  /** Undefined for a job that was never charged. */
  epochOfJob(jobId: string): ReferenceEpoch | undefined {
    return this.#epochs.find(({ jobs }) => jobs.some(({ id }) => id === jobId));
  }

  /** What all owners have staked at a moment of the open epoch. A commit is one moment: what is between has no time. */
  noteStakes(stakes: ReadonlyMap<string, bigint>): void {
    const { lows } = this.open;
    for (const [owner, low] of lows) lows.set(owner, lesser(low, stakes.get(owner) ?? 0n));
  }

  end(values: ParameterValues, stakes: ReadonlyMap<string, bigint>): void {
    this.open.state = "ended";
    this.#epochs.push(epochOf(this.open.number + 1n, values, new Map(stakes)));
  }

  /** The oldest epoch that has ended and is not closed: nothing of it changes any more. Undefined if there is none. */
  beginClosing(rewardsPool: bigint): ReferenceEpoch | undefined {
    const [oldest] = this.unclosed;
    if (oldest === undefined || oldest.state === "open") return undefined;
    if (oldest.state === "ended") {
      oldest.state = "closing";
      oldest.payments = paymentsOf(oldest, rewardsPool);
    }
    return oldest;
  }
}

function epochOf(number: bigint, values: ParameterValues, lows: Map<string, bigint>): ReferenceEpoch {
  return { number, values, state: "open", jobs: [], lows, payments: [] };
}

/** *F*: the fees of the jobs that stand. */
export function feesOf({ jobs }: ReferenceEpoch): bigint {
  return sum(jobs.filter(({ isClawedBack }) => !isClawedBack).map(feeOf));
}

function paymentsOf(epoch: ReferenceEpoch, rewardsPool: bigint): ReferencePayment[] {
  const { jobs, values, lows } = epoch;
  const fees = feesOf(epoch);
  const emission = lesser(
    lesser(scheduled(epoch.number, values), bpsOf(fees, values.emissionCapBps)),
    rewardsPool,
  );
  const stakersPart = bpsOf(fees, values.feeStakersBps);
  const weights = sum([...lows.values()]);
  const payments: ReferencePayment[] = [];
  const pay = (kind: ReferencePayment["kind"], receiver: string, from: string, to: string, amount: bigint) =>
    payments.push({ kind, receiver, from, to, amount });
  for (const worker of new Set(jobs.map((job) => job.worker))) {
    const own = jobs.filter((job) => job.worker === worker && !job.isClawedBack);
    const vested = `vested:${worker}`;
    pay("vest", worker, `earnings:${worker}`, vested, sum(own.map(({ workerShare }) => workerShare)));
    if (fees > 0n) pay("emission", worker, "pool:rewards", vested, (emission * sum(own.map(feeOf))) / fees);
  }
  for (const [owner, low] of lows)
    if (low > 0n) pay("staking_reward", owner, "pool:fees", `stake:${owner}`, (stakersPart * low) / weights);
  const pools = {
    liquidity: bpsOf(fees, values.feeLiquidityBps),
    dev: bpsOf(fees, values.feeDevBps),
    slashed: sum(jobs.filter(({ isClawedBack }) => isClawedBack).map(feeOf)),
  };
  for (const [pool, amount] of Object.entries(pools))
    pay("fee_share", pool, "pool:fees", `pool:${pool}`, amount);
  return payments.filter(({ amount }) => amount > 0n);
}

function scheduled(number: bigint, values: ParameterValues): bigint {
  const halfLife = BigInt(values.emissionHalfLifeEpochs);
  const first: bigint = values.emissionFirstEpochMicro;
  return (first * (2n * halfLife - (number % halfLife))) / (2n * halfLife * 2n ** (number / halfLife));
}

function feeOf({ charge, workerShare }: ReferenceJob): bigint {
  return charge - workerShare;
}

function bpsOf(amount: bigint, bps: number): bigint {
  return (amount * BigInt(bps)) / 10_000n;
}

/** Of bigints, for which there is neither Math.min nor a sum. */
export function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
