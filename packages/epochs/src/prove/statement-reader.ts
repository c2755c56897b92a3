import { FlockError } from "@flock/errors";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { MerkleRoot } from "../merkle/merkle-tree.js";
import type { Sha256 } from "../merkle/sha256.js";
import { leafHashInPlace } from "../statement/leaves.js";
import type { LineBlock } from "../statement/line-blocks.js";
import { parseLine } from "../statement/parse-line.js";
import { StatementCheck } from "../statement/statement-check.js";
import type { HeaderLine, JobLine, TotalLine } from "../statement/statement-line.js";
import { JobScanner } from "./job-scanner.js";
import { lineOfParty, type Party, PartyJobs, type PartyLine } from "./party.js";

/**
 * Told of every leaf: its hash, its bytes (valid during the call), and whether one of its lines is needed in a proof.
 */
export type OnLeaf = (hash: Uint8Array, bytes: Uint8Array, isNeeded: boolean) => void;

/** What a whole statement says. */
export interface StatementRead {
  readonly root: string;
  readonly header: HeaderLine;
  readonly total: TotalLine;
  readonly lines: number;
  readonly leaves: number;
  /** The party's line, which its job lines add up to, and the leaf that has it, from 0. */
  readonly line: PartyLine;
  readonly leaf: number;
  /** How many jobs the party has. */
  readonly jobs: number;
}

/** The longest id, and the quote behind it. */
const ID_ROOM = 129;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a whole statement block by block: hashes every line, checks all of them against each other, and derives one
 * party's amounts from its job lines.
 */
export class StatementReader {
  readonly #check = new StatementCheck();
  readonly #scanner = new JobScanner();
  readonly #root: MerkleRoot;
  readonly #sha256: Sha256;
  readonly #party: Party;
  readonly #partyId: Uint8Array;
  readonly #partyJobs: PartyJobs;
  readonly #onLeaf: OnLeaf | undefined;
  /** The id of the last job, to compare the next one with. */
  readonly #lastJob = new Uint8Array(ID_ROOM);
  #lastJobBytes = 0;
  #line: PartyLine | undefined;
  #leaf = 0;
  #total: TotalLine | undefined;
  #lines = 0;
  #isNeeded = false;

  constructor(party: Party, sha256: Sha256, onLeaf?: OnLeaf) {
    this.#party = party;
    this.#sha256 = sha256;
    this.#root = new MerkleRoot(sha256);
    this.#partyId = utf8ToBytes(party.id);
    this.#partyJobs = new PartyJobs(party);
    this.#onLeaf = onLeaf;
  }

  /** Reads the next block; throws `invalid_argument` at the first line that cannot be true. */
  read(block: LineBlock): void {
    const { bytes, lineEnds, lines } = block;
    let start = block.start;
    this.#isNeeded = false;
    for (let index = 0; index < lines; index += 1) {
      const end = lineEnds[index] ?? start;
      this.#lines += 1;
      if (!this.#scanJob(bytes, start, end)) this.#readStrictly(bytes.subarray(start, end));
      start = end;
    }
    const hash = leafHashInPlace(this.#sha256, bytes, block.start, start);
    this.#root.append(hash);
    this.#onLeaf?.(hash, bytes.subarray(block.start, start), this.#isNeeded);
  }

  /**
   * Ends the statement.
   * @param expectedRoot That was anchored, 64 hex digits.
   * @throws FlockError `failed_precondition` when the root is another one, `invalid_argument` when the statement is not
   *   whole or the party's line is not what its jobs add up to, `not_found` when it does not name the party.
   */
  finish(expectedRoot: string): StatementRead {
    if (this.#total === undefined)
      throw new FlockError("invalid_argument", "the statement has no total: it is cut off");
    const line = this.#partyJobs.expect(this.#line);
    const root = bytesToHex(this.#root.root());
    if (root !== expectedRoot.toLowerCase())
      throw new FlockError("failed_precondition", `the statement's root is ${root}, not ${expectedRoot}`);
    return {
      root,
      header: this.#check.header,
      total: this.#total,
      lines: this.#lines,
      leaves: this.#root.size,
      line,
      leaf: this.#leaf,
      jobs: this.#partyJobs.count,
    };
  }

  /** Reads a job line the fast way; false when it has to be read strictly. */
  #scanJob(bytes: Uint8Array, start: number, end: number): boolean {
    const scanner = this.#scanner;
    if (!this.#check.takesJobs || !scanner.scan(bytes, start, end) || !this.#isNextJob(bytes)) return false;
    const { jobStart, jobEnd, charge, workerShare, protocolShare } = scanner;
    this.#lastJobBytes = jobEnd - jobStart;
    for (let index = 0; index < this.#lastJobBytes; index += 1) {
      this.#lastJob[index] = bytes[jobStart + index] ?? 0;
    }
    this.#check.tallyOf(scanner.isClawedBack).addSmall(charge, workerShare, protocolShare);
    if (this.#isOfParty(bytes)) this.#keepJob(parseLine(textOf(bytes.subarray(start, end))) as JobLine);
    return true;
  }

  #readStrictly(bytes: Uint8Array): void {
    const line = parseLine(textOf(bytes));
    if (this.#lastJobBytes > 0 && this.#check.takesJobs)
      this.#check.jobsEndedWith(textOf(this.#lastJob.subarray(0, this.#lastJobBytes)));
    this.#check.accept(line);
    if (line.kind === "job") {
      this.#lastJobBytes = line.job.length;
      this.#lastJob.set(utf8ToBytes(line.job));
      if (this.#party.kind !== "staker" && line[this.#party.kind] === this.#party.id) this.#keepJob(line);
      return;
    }
    const own = lineOfParty(line, this.#party);
    if (own !== undefined) {
      this.#line = own;
      this.#leaf = this.#root.size;
    }
    if (line.kind === "total") this.#total = line;
    if (own !== undefined || line.kind === "header" || line.kind === "total") this.#isNeeded = true;
  }

  #keepJob(job: JobLine): void {
    this.#partyJobs.add(job);
    this.#isNeeded = true;
  }

  /** Whether the id of the job just scanned comes after the last one's, byte by byte. */
  #isNextJob(bytes: Uint8Array): boolean {
    const { jobStart, jobEnd } = this.#scanner;
    const last = this.#lastJob;
    const shared = Math.min(this.#lastJobBytes, jobEnd - jobStart);
    for (let index = 0; index < shared; index += 1) {
      const [byte, lastByte] = [bytes[jobStart + index] ?? 0, last[index] ?? 0];
      if (byte !== lastByte) return byte > lastByte;
    }
    return jobEnd - jobStart > this.#lastJobBytes;
  }

  #isOfParty(bytes: Uint8Array): boolean {
    const { kind } = this.#party;
    if (kind === "staker") return false;
    const [start, end] =
      kind === "worker"
        ? [this.#scanner.workerStart, this.#scanner.workerEnd]
        : [this.#scanner.accountStart, this.#scanner.accountEnd];
    const id = this.#partyId;
    if (end - start !== id.length) return false;
    for (let index = 0; index < id.length; index += 1) {
      if (bytes[start + index] !== id[index]) return false;
    }
    return true;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new FlockError("invalid_argument", "a line of the statement is not UTF-8", { cause });
  }
}
