/** What a set of jobs adds up to. */
export interface JobSums {
  readonly jobs: bigint;
  readonly charge: bigint;
  readonly workerShare: bigint;
  readonly protocolShare: bigint;
}

/** Amounts and sums below this are exact as numbers, and so is the sum of two of them. */
export const EXACT_MAX = 4e15;

/** Adds jobs up: as numbers for as long as these are exact, which is many times faster than adding bigints. */
export class JobTally {
  #jobs = 0n;
  #charge = 0n;
  #workerShare = 0n;
  #protocolShare = 0n;
  #smallJobs = 0;
  #smallCharge = 0;
  #smallWorkerShare = 0;
  #smallProtocolShare = 0;

  add(charge: bigint, workerShare: bigint, protocolShare: bigint): void {
    this.#jobs += 1n;
    this.#charge += charge;
    this.#workerShare += workerShare;
    this.#protocolShare += protocolShare;
  }

  /** The same for amounts of at most {@link EXACT_MAX}; the charge must be the sum of the shares. */
  addSmall(charge: number, workerShare: number, protocolShare: number): void {
    this.#smallJobs += 1;
    this.#smallCharge += charge;
    this.#smallWorkerShare += workerShare;
    this.#smallProtocolShare += protocolShare;
    if (this.#smallCharge > EXACT_MAX) this.#carry();
  }

  sums(): JobSums {
    this.#carry();
    return {
      jobs: this.#jobs,
      charge: this.#charge,
      workerShare: this.#workerShare,
      protocolShare: this.#protocolShare,
    };
  }

  #carry(): void {
    this.#jobs += BigInt(this.#smallJobs);
    this.#charge += BigInt(this.#smallCharge);
    this.#workerShare += BigInt(this.#smallWorkerShare);
    this.#protocolShare += BigInt(this.#smallProtocolShare);
    this.#smallJobs = 0;
    this.#smallCharge = 0;
    this.#smallWorkerShare = 0;
    this.#smallProtocolShare = 0;
  }
}
