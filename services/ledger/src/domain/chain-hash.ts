/*
 * The hash chain over commits.
 *
 *   hash = SHA-256(previous hash | canonical bytes of the commit's transfers, in the order of their sequence numbers)
 *
 * Both hashes are 32 raw bytes, zeros before the first commit. The canonical bytes of a transfer are the UTF-8 text
 *
 *   sequence \t id \t kind \t phase \t debit \t credit \t amount \t business id \t created \n
 *
 * with the phase as its number on the wire and the time in Unix milliseconds. No field can hold a tab or a newline, so
 * two different commits never have the same bytes. It is computed from the published messages, so every reader of
 * those can compute it.
 */
import { createHash } from "node:crypto";
import type { Transfer } from "@flock/proto/ledger";

/** The previous hash of the first commit. */
export const CHAIN_START: Uint8Array = new Uint8Array(32);

/** The hash of a commit; `canonical` are the bytes of its transfers. See the rule above. */
export function chainHash(previousHash: Uint8Array, canonical: Uint8Array): Buffer {
  return createHash("sha256").update(previousHash).update(canonical).digest();
}

/** @param transfers of one commit, in the order of their sequence numbers. */
export function canonicalBytes(transfers: readonly Transfer[]): Buffer {
  return Buffer.from(transfers.map(canonicalText).join(""));
}

function canonicalText(transfer: Transfer): string {
  const { sequence, transferId, kind, phase, debitAccount, creditAccount } = transfer;
  const { amountMicro, businessId, createdUnixMs } = transfer;
  return `${sequence}\t${transferId}\t${kind}\t${phase}\t${debitAccount}\t${creditAccount}\t${amountMicro}\t${businessId}\t${createdUnixMs}\n`;
}
