import { FlockError } from "@flock/errors";
import { ZERO } from "@flock/money";
import {
  divideEpoch,
  type EpochDivision,
  emissionOf,
  feesKept,
  stakingRewardOf,
} from "../division/epoch-division.js";
import { jobFault } from "../division/job-arithmetic.js";
import { JobTally } from "./job-sums.js";
import {
  type AccountLine,
  encodeLine,
  type HeaderLine,
  type JobLine,
  type StakerLine,
  type StatementLine,
  type TotalLine,
  type WorkerLine,
} from "./statement-line.js";

const ORDER = ["header", "job", "worker", "staker", "account", "total"] as const;

/**
 * Follows a statement line by line and refuses every contradiction: lines out of order or repeated, a job with wrong
 * amounts, a part that differs from the division, sums that do not meet. Writers and readers of statements both use it.
 *
 * It cannot see to which worker and account a job's amounts were counted, because it keeps no sums per id. A proof for
 * one party checks that.
 */
export class StatementCheck {
  readonly #kept = new JobTally();
  readonly #clawedBack = new JobTally();
  #section = -1;
  #lastId = "";
  #header: HeaderLine | undefined;
  #division: EpochDivision | undefined;
  #workers = { lines: 0n, jobs: 0n, jobsClawedBack: 0n, protocolShare: 0n, vest: 0n, emission: 0n };
  #stakers = { lines: 0n, weight: 0n, reward: 0n };
  #accounts = { lines: 0n, jobs: 0n, charge: 0n };

  /** Whether the total line was accepted: nothing may follow it, and without it a statement is not whole. */
  get isComplete(): boolean {
    return this.#section === ORDER.length - 1;
  }

  get header(): HeaderLine {
    if (this.#header === undefined) throw fault("a statement begins with its header");
    return this.#header;
  }

  /**
   * Accepts the next line.
   * @throws FlockError `invalid_argument` when it cannot follow what came before.
   */
  accept(line: StatementLine): void {
    this.#enter(line);
    switch (line.kind) {
      case "header":
        this.#header = line;
        return;
      case "job":
        return this.#acceptJob(line);
      case "worker":
        return this.#acceptWorker(line);
      case "staker":
        return this.#acceptStaker(line);
      case "account":
        return this.#acceptAccount(line);
      case "total":
        return expectLine(line, this.total());
    }
  }

  /** Where jobs are counted that were checked elsewhere: amounts, form and order. Only while jobs may come. */
  tallyOf(isClawedBack: boolean): JobTally {
    return isClawedBack ? this.#clawedBack : this.#kept;
  }

  /** Whether a job may come now. */
  get takesJobs(): boolean {
    return this.#section === ORDER.indexOf("header") || this.#section === ORDER.indexOf("job");
  }

  /** For the order of what follows jobs that were checked elsewhere. */
  jobsEndedWith(job: string): void {
    this.#section = ORDER.indexOf("job");
    this.#lastId = job;
  }

  /** How the epoch is divided, which is known once all jobs were accepted. */
  get division(): EpochDivision {
    this.#division ??= divideEpoch({
      epoch: this.header.epoch,
      rules: this.header.rules,
      rewardsPool: this.header.rewardsPool,
      stakeWeight: this.header.stakeWeight,
      protocolShare: this.#kept.sums().protocolShare,
      protocolShareClawedBack: this.#clawedBack.sums().protocolShare,
    });
    return this.#division;
  }

  /**
   * The total line that the lines so far have.
   * @throws FlockError `invalid_argument` when they do not add up to each other.
   */
  total(): TotalLine {
    const [kept, clawedBack] = [this.#kept.sums(), this.#clawedBack.sums()];
    const jobs = kept.jobs + clawedBack.jobs;
    const charge = kept.charge + clawedBack.charge;
    expectSum("jobs of the workers", this.#workers.jobs, kept.jobs);
    expectSum("jobs clawed back of the workers", this.#workers.jobsClawedBack, clawedBack.jobs);
    expectSum("protocol shares of the workers", this.#workers.protocolShare, kept.protocolShare);
    expectSum("vests of the workers", this.#workers.vest, kept.workerShare);
    expectSum("weights of the stakers", this.#stakers.weight, this.header.stakeWeight);
    expectSum("jobs of the accounts", this.#accounts.jobs, jobs);
    expectSum("charges of the accounts", this.#accounts.charge, charge);
    const { toLiquidity, toDev, toSlashed } = this.division;
    return {
      kind: "total",
      workers: this.#workers.lines,
      stakers: this.#stakers.lines,
      accounts: this.#accounts.lines,
      jobs,
      charge,
      workerShare: kept.workerShare + clawedBack.workerShare,
      protocolShare: kept.protocolShare + clawedBack.protocolShare,
      jobsClawedBack: clawedBack.jobs,
      workerShareClawedBack: clawedBack.workerShare,
      protocolShareClawedBack: clawedBack.protocolShare,
      // CAST: at most the division's parts, which are amounts.
      emission: this.#workers.emission as TotalLine["emission"],
      stakingRewards: this.#stakers.reward as TotalLine["stakingRewards"],
      toLiquidity,
      toDev,
      toSlashed,
      feesKept: feesKept(this.division, this.#stakers.reward),
    };
  }

  #enter(line: StatementLine): void {
    const section = ORDER.indexOf(line.kind);
    const isFirst = this.#section === -1;
    if (isFirst !== (line.kind === "header")) throw fault("a statement has one header, its first line", line);
    if (section < this.#section || this.isComplete) throw fault("the line is out of order", line);
    const id = idOf(line);
    if (section === this.#section && id <= this.#lastId)
      throw fault(`the line is not after ${JSON.stringify(this.#lastId)}`, line);
    this.#section = section;
    this.#lastId = id;
  }

  #acceptJob(line: JobLine): void {
    const wrong = jobFault(line);
    if (wrong !== undefined) throw fault(wrong, line);
    this.tallyOf(line.isClawedBack).add(line.charge, line.workerShare, line.protocolShare);
  }

  #acceptWorker(line: WorkerLine): void {
    if (line.jobs + line.jobsClawedBack === 0n) throw fault("the worker has no job", line);
    this.#workers.lines += 1n;
    this.#workers.jobs += line.jobs;
    this.#workers.jobsClawedBack += line.jobsClawedBack;
    this.#workers.protocolShare += line.protocolShare;
    this.#workers.vest += line.vest;
    this.#workers.emission += line.emission;
    expectLine(line, { ...line, emission: emissionOf(this.division, line.protocolShare) });
  }

  #acceptStaker(line: StakerLine): void {
    if (line.weight === ZERO) throw fault("the staker has no weight", line);
    this.#stakers.lines += 1n;
    this.#stakers.weight += line.weight;
    this.#stakers.reward += line.reward;
    expectLine(line, { ...line, reward: stakingRewardOf(this.division, line.weight) });
  }

  #acceptAccount(line: AccountLine): void {
    if (line.jobs === 0n) throw fault("the account has no job", line);
    this.#accounts.lines += 1n;
    this.#accounts.jobs += line.jobs;
    this.#accounts.charge += line.charge;
  }
}

function idOf(line: StatementLine): string {
  switch (line.kind) {
    case "job":
      return line.job;
    case "worker":
      return line.worker;
    case "staker":
      return line.staker;
    case "account":
      return line.account;
    default:
      return line.kind;
  }
}

function expectLine(line: StatementLine, expected: StatementLine): void {
  const [is, shouldBe] = [encodeLine(line).trimEnd(), encodeLine(expected).trimEnd()];
  if (is !== shouldBe) throw new FlockError("invalid_argument", `the line ${is} should be ${shouldBe}`);
}

function expectSum(what: string, is: bigint, shouldBe: bigint): void {
  if (is !== shouldBe)
    throw new FlockError("invalid_argument", `the ${what} add up to ${is}, not to ${shouldBe}`);
}

function fault(why: string, line?: StatementLine): FlockError {
  const shown = line === undefined ? "" : ` in ${encodeLine(line).trimEnd()}`;
  return new FlockError("invalid_argument", `${why}${shown}`);
}
