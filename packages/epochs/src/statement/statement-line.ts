/*
 * The lines of an epoch statement, in canonical form: one JSON object a line, keys in the order below, no spaces, whole
 * numbers that may exceed 2^53 as decimal strings, each line ended by "\n". Equal facts give equal bytes.
 *
 *   header    the epoch, its bounds, the rules it is divided by, the balance of pool:rewards and the sum of all stakes
 *   jobs      by job id, ascending: every job that was settled in the epoch
 *   workers   by id, ascending: every worker of those jobs, with what vested and what it got of the emission
 *   stakers   by id, ascending: every owner with a weight, and its reward
 *   accounts  by id, ascending: every client of those jobs, with what it was charged
 *   total     what all of the above add up to, and what went to the pools; the last line
 *
 * Ids are compared byte by byte (COLLATE "C"). README.md has an example of each.
 */
import type { MicroLlama } from "@flock/money";
import type { EpochRules } from "../division/epoch-division.js";

export const STATEMENT_FORMAT = "flock-epoch/1";

export interface HeaderLine {
  readonly kind: "header";
  readonly epoch: number;
  /** The epoch is [startMs, endMs), Unix milliseconds by the database's clock. */
  readonly startMs: number;
  readonly endMs: number;
  readonly parametersVersion: number;
  readonly rules: EpochRules;
  /** Balance of `pool:rewards` before this epoch's emission. */
  readonly rewardsPool: MicroLlama;
  /** What the weights of the staker lines add up to. */
  readonly stakeWeight: bigint;
}

/** A settled job, as the ledger keeps it. */
export interface JobLine {
  readonly kind: "job";
  readonly job: string;
  /** Owner of the wallet that paid. */
  readonly account: string;
  readonly worker: string;
  readonly model: string;
  readonly digest: string;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  /** µLLAMA per token. */
  readonly promptPrice: MicroLlama;
  readonly completionPrice: MicroLlama;
  /** The most that the job could be charged. */
  readonly held: MicroLlama;
  readonly workerShareBps: number;
  readonly charge: MicroLlama;
  readonly workerShare: MicroLlama;
  readonly protocolShare: MicroLlama;
  /** Whether the worker share was taken back before the epoch closed. */
  readonly isClawedBack: boolean;
  /** SHA-256 of the worker's signed receipt, 64 hex digits; undefined if there was none. */
  readonly receipt: string | undefined;
}

/** What jobs add up to; `jobs`, `protocolShare` and `vest` are of those that were not clawed back. */
export interface WorkerLine {
  readonly kind: "worker";
  readonly worker: string;
  readonly jobs: bigint;
  readonly jobsClawedBack: bigint;
  readonly protocolShare: MicroLlama;
  readonly vest: MicroLlama;
  readonly emission: MicroLlama;
}

export interface StakerLine {
  readonly kind: "staker";
  readonly staker: string;
  /** The smallest stake of the epoch; never 0. */
  readonly weight: MicroLlama;
  readonly reward: MicroLlama;
}

/** `jobs` and `charge` are of all of the account's jobs, also of those that were clawed back. */
export interface AccountLine {
  readonly kind: "account";
  readonly account: string;
  readonly jobs: bigint;
  readonly charge: bigint;
}

export interface TotalLine {
  readonly kind: "total";
  readonly workers: bigint;
  readonly stakers: bigint;
  readonly accounts: bigint;
  /** All jobs, clawed back or not; charge = workerShare + protocolShare. */
  readonly jobs: bigint;
  readonly charge: bigint;
  readonly workerShare: bigint;
  readonly protocolShare: bigint;
  /** Those of them that were clawed back. */
  readonly jobsClawedBack: bigint;
  readonly workerShareClawedBack: bigint;
  readonly protocolShareClawedBack: bigint;
  /** What the worker lines and the staker lines add up to. */
  readonly emission: MicroLlama;
  readonly stakingRewards: MicroLlama;
  /** What `pool:fees` gave to other pools, and what of the epoch's fees stays in it. */
  readonly toLiquidity: MicroLlama;
  readonly toDev: MicroLlama;
  readonly toSlashed: MicroLlama;
  readonly feesKept: MicroLlama;
}

export type StatementLine = HeaderLine | JobLine | WorkerLine | StakerLine | AccountLine | TotalLine;

/** The canonical text of a line, with its "\n". The fields must be as their docstrings say; ids need no escaping. */
export function encodeLine(line: StatementLine): string {
  switch (line.kind) {
    case "header":
      return encodeHeader(line);
    case "job":
      return encodeJob(line);
    case "worker":
      return `{"worker":"${line.worker}","jobs":"${line.jobs}","jobsClawedBack":"${line.jobsClawedBack}","protocolShare":"${line.protocolShare}","vest":"${line.vest}","emission":"${line.emission}"}\n`;
    case "staker":
      return `{"staker":"${line.staker}","weight":"${line.weight}","reward":"${line.reward}"}\n`;
    case "account":
      return `{"account":"${line.account}","jobs":"${line.jobs}","charge":"${line.charge}"}\n`;
    case "total":
      return encodeTotal(line);
  }
}

function encodeHeader(line: HeaderLine): string {
  const { rules } = line;
  return `${JSON.stringify({
    statement: STATEMENT_FORMAT,
    epoch: line.epoch,
    startMs: line.startMs,
    endMs: line.endMs,
    parametersVersion: line.parametersVersion,
    feeStakersBps: rules.feeStakersBps,
    feeLiquidityBps: rules.feeLiquidityBps,
    feeDevBps: rules.feeDevBps,
    emissionCapBps: rules.emissionCapBps,
    emissionFirstEpochMicro: rules.emissionFirstEpochMicro.toString(),
    emissionHalfLifeEpochs: rules.emissionHalfLifeEpochs,
    rewardsPool: line.rewardsPool.toString(),
    stakeWeight: line.stakeWeight.toString(),
  })}\n`;
}

/** Pairs are [prompt, completion] for tokens and prices, [worker, protocol] for shares. */
function encodeJob(line: JobLine): string {
  const receipt = line.receipt === undefined ? "null" : `"${line.receipt}"`;
  return `{"job":"${line.job}","account":"${line.account}","worker":"${line.worker}","model":${JSON.stringify(line.model)},"digest":${JSON.stringify(line.digest)},"tokens":["${line.promptTokens}","${line.completionTokens}"],"prices":["${line.promptPrice}","${line.completionPrice}"],"held":"${line.held}","workerShareBps":${line.workerShareBps},"charge":"${line.charge}","shares":["${line.workerShare}","${line.protocolShare}"],"clawedBack":${line.isClawedBack},"receipt":${receipt}}\n`;
}

function encodeTotal(line: TotalLine): string {
  const { kind: _, ...amounts } = line;
  const names = Object.keys(TOTAL_KEYS) as (keyof typeof TOTAL_KEYS)[];
  const fields = names.map((name) => `"${name}":"${amounts[name]}"`);
  return `{"total":{${fields.join(",")}}}\n`;
}

/** The keys of a total line in their order. */
export const TOTAL_KEYS = {
  workers: true,
  stakers: true,
  accounts: true,
  jobs: true,
  charge: true,
  workerShare: true,
  protocolShare: true,
  jobsClawedBack: true,
  workerShareClawedBack: true,
  protocolShareClawedBack: true,
  emission: true,
  stakingRewards: true,
  toLiquidity: true,
  toDev: true,
  toSlashed: true,
  feesKept: true,
} as const satisfies Record<Exclude<keyof TotalLine, "kind">, true>;
