import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyCompactProof } from "../prove/compact-proof.js";
import { makeCompactProof, proveFromStatement } from "../prove/prove.js";
import type { FinishedStatement } from "../statement/statement-builder.js";
import { type SyntheticEpoch, syntheticId, writeSyntheticEpoch } from "./synthetic-epoch.js";

/** Milliseconds that each way of proving one worker's amounts took. */
export interface ProofTimes {
  /** From the whole statement, the statement checked in full. */
  readonly fromStatementMs: number;
  /** The same, making a compact proof as well. */
  readonly makeCompactMs: number;
  /** From the compact proof alone. */
  readonly fromCompactMs: number;
}

/** A statement of made-up jobs in a file of its own, to measure proofs with. Call {@link close} afterwards. */
export class ProofBench {
  readonly #directory = mkdtempSync(join(tmpdir(), "flock-epoch-"));
  readonly #path = join(this.#directory, "statement.jsonl");
  readonly #statement: FinishedStatement;
  readonly #epoch: SyntheticEpoch;

  constructor(epoch: SyntheticEpoch) {
    this.#epoch = epoch;
    this.#statement = writeFile(this.#path, epoch);
  }

  get statementBytes(): number {
    return statSync(this.#path).size;
  }

  /** Proves the amounts of worker `index`; throws if anything does not hold. */
  measure(index: number): ProofTimes {
    const { root } = this.#statement;
    const party = { kind: "worker" as const, id: syntheticId("worker", index % this.#epoch.workers) };
    const request = { path: this.#path, root, party };
    const [fromStatementMs] = timed(() => proveFromStatement(request));
    const [makeCompactMs, { proof }] = timed(() => makeCompactProof(request));
    const text = JSON.stringify(proof);
    const [fromCompactMs] = timed(() => verifyCompactProof(text, root));
    return { fromStatementMs, makeCompactMs, fromCompactMs };
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const WRITE_CHARS = 1_000_000;

function writeFile(path: string, epoch: SyntheticEpoch): FinishedStatement {
  const file = openSync(path, "w");
  let pending = "";
  const flush = () => {
    writeSync(file, pending);
    pending = "";
  };
  const finished = writeSyntheticEpoch(epoch, (text) => {
    pending += text;
    if (pending.length >= WRITE_CHARS) flush();
  });
  flush();
  closeSync(file);
  return finished;
}

function timed<T>(run: () => T): [ms: number, result: T] {
  const startedAt = performance.now();
  const result = run();
  return [performance.now() - startedAt, result];
}
