import {
  type CompactProofRead,
  type Party,
  proveFromStream,
  type StatementRead,
  verifyCompactProof,
} from "@flock/epochs/pure";
import { FlockError } from "@flock/errors";
import { refuted, type Verdict, verified } from "./verdict.js";

/**
 * Proves what a party got or paid in an epoch from the whole statement, as it comes: every line is hashed into the
 * root, checked, and added up. In constant memory; a million jobs take some seconds.
 * @param root That was anchored on chain, 64 hex digits.
 * @throws what the stream throws: a statement that broke off proves nothing
 */
export async function verifyEpochStatement(
  chunks: AsyncIterable<Uint8Array>,
  { root, party }: { readonly root: string; readonly party: Party },
): Promise<Verdict<StatementRead>> {
  try {
    return verified(await proveFromStream(chunks, { root, party }));
  } catch (cause) {
    return notProven(cause);
  }
}

/**
 * Proves the same from a compact proof (`flock epochs prove`): that the party's lines are in the statement, and that
 * its amounts follow from them.
 */
export function verifyEpochProof(
  json: string,
  { root }: { readonly root: string },
): Verdict<CompactProofRead> {
  try {
    return verified(verifyCompactProof(json, root));
  } catch (cause) {
    return notProven(cause);
  }
}

function notProven(cause: unknown): Verdict<never> {
  if (cause instanceof FlockError) return refuted(cause.message);
  throw cause;
}
