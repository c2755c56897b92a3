import { FlockError } from "@flock/errors";
import type { ConsequencesLedger } from "../src/verdicts/ledger.js";

/** Of a charge of 100 the worker's share is 95. */
const SHARE_MICRO = 95n;

/** What the ledger does for verdicts, each once by its id; it can be away. */
export class FakeLedger implements ConsequencesLedger {
  /** All that was asked for. */
  readonly calls: string[] = [];
  /** What was moved, in order. */
  readonly done: string[] = [];
  /** After so many calls each is answered with an error, after it was done. */
  failsIn = Number.POSITIVE_INFINITY;
  readonly #stake: bigint;

  constructor(stake: bigint) {
    this.#stake = stake;
  }

  async stakeOf(): Promise<bigint> {
    return this.#stake;
  }

  async clawback(jobId: string): Promise<bigint> {
    return this.#once(`clawback ${jobId}`, SHARE_MICRO);
  }

  async compensate(jobId: string, amountMicro: bigint): Promise<bigint> {
    return this.#once(`compensate ${jobId}`, amountMicro);
  }

  async slash(caseId: string, owner: string, amountMicro: bigint): Promise<bigint> {
    return this.#once(`slash ${caseId} ${owner}`, amountMicro);
  }

  #once(what: string, amount: bigint): bigint {
    this.calls.push(what);
    if (!this.done.includes(what)) this.done.push(what);
    this.failsIn -= 1;
    if (this.failsIn <= 0) throw new FlockError("unavailable", "the fake ledger is away");
    return amount;
  }
}
