import { microLlama } from "@flock/money";
import { DEFAULT_PARAMETERS } from "@flock/parameters";
import { epochRules } from "../division/epoch-division.js";
import { type FinishedStatement, StatementBuilder } from "../statement/statement-builder.js";
import type { JobLine } from "../statement/statement-line.js";

/** How large a made-up epoch is. */
export interface SyntheticEpoch {
  readonly jobs: number;
  readonly workers: number;
  readonly accounts: number;
  readonly stakers: number;
  /** Any whole number; equal seeds give equal statements. */
  readonly seed: number;
}

/** The id of worker, account or staker `index` of a made-up epoch; as long as a Solana address. */
export function syntheticId(kind: "worker" | "account" | "staker", index: number): string {
  const id = `${kind}${index.toString().padStart(7, "0")}`;
  return id.padEnd(44, "9X7pQkR2mVbNcTfYhJdLsGwZeUaBxCvD");
}

const START_MS = 1_767_225_600_000;
const DAY_MS = 86_400_000;
const STAKE_MICRO = 1_000_000_000n;

/**
 * Writes the statement of an epoch with jobs of every sort: kept and clawed back, capped by their hold, free, with and
 * without a receipt. `write` is given its lines.
 */
export function writeSyntheticEpoch(epoch: SyntheticEpoch, write: (text: string) => void): FinishedStatement {
  const builder = new StatementBuilder();
  const random = randomNumbers(epoch.seed);
  const sums = new Sums();
  write(
    builder.header({
      epoch: 3,
      startMs: START_MS,
      endMs: START_MS + DAY_MS,
      parametersVersion: DEFAULT_PARAMETERS.version,
      rules: epochRules(DEFAULT_PARAMETERS),
      rewardsPool: microLlama(95_000_000_000_000_000n),
      stakeWeight: BigInt(epoch.stakers) * STAKE_MICRO,
    }),
  );
  for (let index = 0; index < epoch.jobs; index += 1) {
    const job = syntheticJob(epoch, index, random);
    sums.add(job);
    write(builder.job(job));
  }
  for (const worker of sorted(sums.workers)) write(builder.worker(worker));
  for (let index = 0; index < epoch.stakers; index += 1) {
    write(builder.staker({ staker: syntheticId("staker", index), weight: microLlama(STAKE_MICRO) }));
  }
  for (const account of sorted(sums.accounts)) write(builder.account(account));
  const finished = builder.end();
  write(finished.text);
  return finished;
}

function syntheticJob(
  epoch: SyntheticEpoch,
  index: number,
  random: (below: number) => number,
): Omit<JobLine, "kind"> {
  const promptTokens = BigInt(random(4_000));
  const completionTokens = BigInt(random(1_000));
  const [promptPrice, completionPrice] = random(50) === 0 ? [0n, 0n] : [3n, 10n];
  const held = BigInt(4_000 + random(20_000));
  const cost = promptTokens * promptPrice + completionTokens * completionPrice;
  const isCapped = cost > held;
  const charge = isCapped ? held : cost;
  const workerShare = (charge * 9_500n) / 10_000n;
  return {
    job: `job${index.toString().padStart(10, "0")}${hex(random, 13)}`,
    account: syntheticId("account", random(epoch.accounts)),
    worker: syntheticId("worker", random(epoch.workers)),
    model: "llama3.2:3b-instruct-q4_K_M",
    digest: hex(random, 64),
    promptTokens,
    completionTokens,
    promptPrice: microLlama(promptPrice),
    completionPrice: microLlama(completionPrice),
    held: microLlama(held),
    workerShareBps: 9_500,
    charge: microLlama(charge),
    workerShare: microLlama(workerShare),
    protocolShare: microLlama(charge - workerShare),
    isClawedBack: random(50) === 0,
    receipt: random(20) === 0 ? undefined : hex(random, 64),
  };
}

/** What the jobs add up to for each worker and account, which in the ledger SQL does. */
class Sums {
  readonly workers = new Map<string, WorkerSums>();
  readonly accounts = new Map<string, { account: string; jobs: bigint; charge: bigint }>();

  add(job: Omit<JobLine, "kind">): void {
    const account = this.accounts.get(job.account) ?? { account: job.account, jobs: 0n, charge: 0n };
    account.jobs += 1n;
    account.charge += job.charge;
    this.accounts.set(job.account, account);
    const worker = this.workers.get(job.worker) ?? newWorker(job.worker);
    if (job.isClawedBack) {
      worker.jobsClawedBack += 1n;
    } else {
      worker.jobs += 1n;
      worker.protocolShare = microLlama(worker.protocolShare + job.protocolShare);
      worker.vest = microLlama(worker.vest + job.workerShare);
    }
    this.workers.set(job.worker, worker);
  }
}

type WorkerSums = ReturnType<typeof newWorker>;
function newWorker(worker: string) {
  return { worker, jobs: 0n, jobsClawedBack: 0n, protocolShare: microLlama(0n), vest: microLlama(0n) };
}

function sorted<T>(byId: ReadonlyMap<string, T>): T[] {
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** mulberry32: small, fast, and the same everywhere. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function hex(random: (below: number) => number, digits: number): string {
  let text = "";
  while (text.length < digits) text += random(0x1000_0000).toString(16).padStart(7, "0");
  return text.slice(0, digits);
}
