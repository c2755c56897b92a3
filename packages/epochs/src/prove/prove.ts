import { bytesToHex } from "@noble/hashes/utils.js";
import { MerkleTree } from "../merkle/merkle-tree.js";
import { nodeSha256 } from "../merkle/node-sha256.js";
import { readBlocksOfFile } from "../statement/statement-file.js";
import { type CompactProof, PROOF_FORMAT, type ProofPart } from "./compact-proof.js";
import type { Party } from "./party.js";
import { type StatementRead, StatementReader } from "./statement-reader.js";

export interface ProofRequest {
  /** The statement file. */
  readonly path: string;
  /** The root that was anchored, 64 hex digits. */
  readonly root: string;
  readonly party: Party;
}

/**
 * Proves a party's amounts from a whole statement, offline: every line is hashed into `root`, checked, and its amounts
 * are added up; the party's amounts are derived again from its job lines, and its emission or reward from the sums over
 * all lines. So the amounts follow from the job lines, and the job lines from the root. Nothing of the file is
 * believed.
 *
 * The file is read synchronously, in constant memory: for a command, not for a service. A million jobs take about a
 * second.
 * @throws FlockError `failed_precondition` when the file's root is another one, `invalid_argument` when the statement
 *   contradicts itself, `not_found` when it does not name the party, or cannot be opened.
 */
export function proveFromStatement({ path, root, party }: ProofRequest): StatementRead {
  const reader = new StatementReader(party, nodeSha256);
  readBlocksOfFile(path, (block) => reader.read(block));
  return reader.finish(root);
}

/**
 * {@link proveFromStatement}, which also makes a compact proof: the leaves with the party's lines, and their paths. It
 * keeps a hash for every leaf in memory: 2 MB for a million jobs.
 */
export function makeCompactProof({
  path,
  root,
  party,
}: ProofRequest): StatementRead & { proof: CompactProof } {
  const leaves: Uint8Array[] = [];
  const needed: { leaf: number; text: string }[] = [];
  const reader = new StatementReader(party, nodeSha256, (hash, bytes, isNeeded) => {
    if (isNeeded) needed.push({ leaf: leaves.length, text: new TextDecoder().decode(bytes) });
    leaves.push(hash);
  });
  readBlocksOfFile(path, (block) => reader.read(block));
  const read = reader.finish(root);
  const tree = new MerkleTree(nodeSha256, leaves);
  const parts = needed.map(
    ({ leaf, text }): ProofPart => ({
      leaf,
      text,
      path: tree.path(leaf).map(bytesToHex),
    }),
  );
  return { ...read, proof: { proof: PROOF_FORMAT, leaves: leaves.length, ...party, parts } };
}
