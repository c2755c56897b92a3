import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type EpochDivision, emissionOf, stakingRewardOf } from "../division/epoch-division.js";
import { leafHash, MerkleRoot } from "../merkle/merkle-tree.js";
import { nodeSha256 } from "../merkle/node-sha256.js";
import { LINES_PER_LEAF } from "./leaves.js";
import { StatementCheck } from "./statement-check.js";
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

/** A finished statement. */
export interface FinishedStatement {
  /** The text of the last line. */
  readonly text: string;
  readonly total: TotalLine;
  readonly lines: number;
  /** The Merkle root over all lines, 64 hex digits. */
  readonly root: string;
}

/**
 * Writes a statement line by line, in the order of the methods below, each section by ascending id. Every method gives
 * the canonical text of its line, with "\n"; the texts together are the statement. Nothing is kept but sums and a few
 * hashes.
 *
 * It also checks the closing of the epoch: every line goes through {@link StatementCheck}, so sums by SQL that differ
 * from the jobs throw `invalid_argument` before anything is published.
 */
export class StatementBuilder {
  readonly #check = new StatementCheck();
  readonly #root = new MerkleRoot(nodeSha256);
  #leaf: string[] = [];
  #lines = 0;

  /** How the epoch is divided: known once all jobs are written, and final from then on. */
  get division(): EpochDivision {
    return this.#check.division;
  }

  header(facts: Omit<HeaderLine, "kind">): string {
    return this.#add({ kind: "header", ...facts });
  }

  job(facts: Omit<JobLine, "kind">): string {
    return this.#add({ kind: "job", ...facts });
  }

  /** The emission is computed here. */
  worker(facts: Omit<WorkerLine, "kind" | "emission">): string {
    return this.#add({ kind: "worker", ...facts, emission: emissionOf(this.division, facts.protocolShare) });
  }

  /** The reward is computed here. */
  staker(facts: Omit<StakerLine, "kind" | "reward">): string {
    return this.#add({ kind: "staker", ...facts, reward: stakingRewardOf(this.division, facts.weight) });
  }

  account(facts: Omit<AccountLine, "kind">): string {
    return this.#add({ kind: "account", ...facts });
  }

  /** Writes the total line. */
  end(): FinishedStatement {
    const total = this.#check.total();
    const text = this.#add(total);
    this.#endLeaf();
    return { text, total, lines: this.#lines, root: bytesToHex(this.#root.root()) };
  }

  #add(line: StatementLine): string {
    this.#check.accept(line);
    const text = encodeLine(line);
    this.#lines += 1;
    if (this.#leaf.push(text) === LINES_PER_LEAF) this.#endLeaf();
    return text;
  }

  #endLeaf(): void {
    if (this.#leaf.length === 0) return;
    this.#root.append(leafHash(nodeSha256, utf8ToBytes(this.#leaf.join(""))));
    this.#leaf = [];
  }
}
