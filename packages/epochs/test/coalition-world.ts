/*
 * A world in which a coalition pays itself: it owns clients, workers and stakers, beside honest ones. One epoch of it
 * is played with the books of the ledger (every transfer of the real one, none besides) and the division of this
 * package.
 */
import { microLlama } from "@flock/money";
import {
  divideEpoch,
  type EpochRules,
  emissionOf,
  feesKept,
  stakingRewardOf,
} from "../src/division/epoch-division.js";

/** What becomes of a job that the coalition ran for itself. */
export type Fate =
  | "kept"
  /** The worker share is taken back before the epoch closes, if it is anything: else the job is kept. */
  | "clawed back"
  /** … and the client gets its charge back. */
  | "compensated"
  /** Convicted after its epoch closed: the worker's stake pays for what the client gets back. */
  | "slashed";

export interface CoalitionJob {
  /** Which of the coalition's workers. */
  readonly worker: number;
  readonly charge: bigint;
  readonly fate: Fate;
}

export interface World {
  readonly rules: EpochRules;
  readonly workerShareBps: number;
  readonly epoch: number;
  readonly rewardsPool: bigint;
  /** Charges of honest clients, for honest workers and for the coalition's (by index, as many as it has). */
  readonly honestCharges: readonly bigint[];
  readonly earnedCharges: readonly bigint[];
  /** Stakes over the epoch, one list of balances for each account; what counts is the smallest. */
  readonly honestStakes: readonly (readonly bigint[])[];
  readonly coalitionStakes: readonly (readonly bigint[])[];
  readonly coalitionJobs: readonly CoalitionJob[];
}

/** How an epoch ended. */
export interface Outcome {
  /** All that the coalition owns, against what it owned at the start. */
  readonly gain: bigint;
  readonly balances: ReadonlyMap<string, bigint>;
}

class Books {
  readonly balances = new Map<string, bigint>();

  open(account: string, balance: bigint): void {
    this.balances.set(account, (this.balances.get(account) ?? 0n) + balance);
  }

  move(from: string, to: string, amount: bigint): void {
    if (amount < 0n) throw new Error(`a transfer of ${amount} from ${from} to ${to}`);
    const left = (this.balances.get(from) ?? 0n) - amount;
    if (left < 0n) throw new Error(`${from} is ${left} after giving ${amount} to ${to}`);
    this.balances.set(from, left);
    this.open(to, amount);
  }

  ownedBy(suffix: string): bigint {
    return [...this.balances].reduce(
      (sum, [account, balance]) => (account.endsWith(suffix) ? sum + balance : sum),
      0n,
    );
  }
}

const COALITION = ":c";
const HONEST = ":h";

export function total(amounts: Iterable<bigint>): bigint {
  return [...amounts].reduce((sum, amount) => sum + amount, 0n);
}

export function smallest(amounts: readonly bigint[]): bigint {
  return amounts.toSorted((a, b) => Number(a > b) - Number(a < b))[0] ?? 0n;
}

/** Plays one epoch; throws if a balance would be negative or money came from nowhere. */
export function playEpoch(world: World): Outcome {
  const books = openBooks(world);
  const before = total(books.balances.values());
  const owned = books.ownedBy(COALITION);
  const shares = new Map<string, bigint>();
  const settle = (client: string, worker: string, charge: bigint, isClawedBack: boolean) => {
    const workerShare = (charge * BigInt(world.workerShareBps)) / 10_000n;
    books.move(client, `earnings:${worker}`, workerShare);
    books.move(client, "pool:fees", charge - workerShare);
    if (isClawedBack) books.move(`earnings:${worker}`, "pool:slashed", workerShare);
    const party = isClawedBack ? "" : worker;
    shares.set(party, (shares.get(party) ?? 0n) + charge - workerShare);
  };
  for (const charge of world.honestCharges) settle(`wallet${HONEST}`, `0${HONEST}`, charge, false);
  for (const [worker, charge] of world.earnedCharges.entries()) {
    settle(`wallet${HONEST}`, `${worker}${COALITION}`, charge, false);
  }
  for (const job of world.coalitionJobs) {
    settle(`wallet${COALITION}`, `${job.worker}${COALITION}`, job.charge, isClawedBack(world, job));
  }
  closeEpoch(world, books, shares);
  for (const job of world.coalitionJobs) {
    if (job.fate === "slashed") books.move(`wealth${COALITION}`, "pool:slashed", job.charge);
    if (job.fate === "slashed" || (job.fate === "compensated" && isClawedBack(world, job)))
      books.move("pool:slashed", `wallet${COALITION}`, job.charge);
  }
  if (total(books.balances.values()) !== before) throw new Error("money came from nowhere or went there");
  return { gain: books.ownedBy(COALITION) - owned, balances: books.balances };
}

/** Whether a job counts for nothing. A job that paid its worker nothing cannot be clawed back. */
export function isClawedBack({ workerShareBps }: World, { charge, fate }: CoalitionJob): boolean {
  const hasWorkerShare = charge * BigInt(workerShareBps) >= 10_000n;
  return hasWorkerShare && (fate === "clawed back" || fate === "compensated");
}

function openBooks(world: World): Books {
  const books = new Books();
  const charged = total(world.coalitionJobs.map((job) => job.charge));
  books.open(`wallet${COALITION}`, charged);
  // What may be slashed beyond the stakes that count for rewards.
  books.open(`wealth${COALITION}`, charged);
  books.open(`wallet${HONEST}`, total(world.honestCharges) + total(world.earnedCharges));
  books.open("pool:rewards", world.rewardsPool);
  world.honestStakes.forEach((balances, owner) => {
    books.open(`stake:${owner}${HONEST}`, smallest(balances));
  });
  world.coalitionStakes.forEach((balances, owner) => {
    books.open(`stake:${owner}${COALITION}`, smallest(balances));
  });
  return books;
}

/** The transfers of the ledger's closing; `shares` is the protocol share by worker, under "" what was clawed back. */
function closeEpoch(world: World, books: Books, shares: Map<string, bigint>): void {
  const protocolShareClawedBack = shares.get("") ?? 0n;
  shares.delete("");
  const stakes = [...books.balances].filter(([account]) => account.startsWith("stake:"));
  const division = divideEpoch({
    epoch: world.epoch,
    rules: world.rules,
    rewardsPool: microLlama(world.rewardsPool),
    stakeWeight: total(stakes.map(([, weight]) => weight)),
    protocolShare: total(shares.values()),
    protocolShareClawedBack,
  });
  for (const [worker, share] of shares) {
    books.move(`earnings:${worker}`, `vested:${worker}`, books.balances.get(`earnings:${worker}`) ?? 0n);
    books.move("pool:rewards", `vested:${worker}`, emissionOf(division, share));
  }
  let rewards = 0n;
  for (const [account, weight] of stakes) {
    const reward = stakingRewardOf(division, weight);
    books.move("pool:fees", account, reward);
    rewards += reward;
  }
  books.move("pool:fees", "pool:liquidity", division.toLiquidity);
  books.move("pool:fees", "pool:dev", division.toDev);
  books.move("pool:fees", "pool:slashed", division.toSlashed);
  if (books.balances.get("pool:fees") !== feesKept(division, rewards))
    throw new Error("pool:fees does not keep what it should");
}
