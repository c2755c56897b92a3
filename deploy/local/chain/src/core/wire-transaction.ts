import { createHash } from "node:crypto";
import { FlockError } from "@flock/errors";
import { base58 } from "@scure/base";
import { type MessageV0, type VersionedMessage, VersionedTransaction } from "@solana/web3.js";
import { addressText } from "./address.js";

/** The most bytes that a transaction may have: what fits an IPv6 packet. */
export const TRANSACTION_BYTES_MAX = 1_232;

/** A transaction that has been decoded, is well-formed, and can be given to the machine. */
export interface WireTransaction {
  /** Serialised again from what was decoded, so never bytes that the machine cannot decode. */
  readonly wire: Uint8Array;
  /** The first signature, in base58: the transaction's name. */
  readonly signature: string;
  readonly signatures: readonly Uint8Array[];
  readonly message: VersionedMessage;
  readonly version: "legacy" | 0;
  /** The addresses in the message itself, fee payer first. */
  readonly staticKeys: readonly string[];
  readonly blockhash: string;
  /** SHA-256 of the message: what a cluster knows duplicates by, whatever the signatures. */
  readonly messageHash: string;
}

/** Why bytes are no transaction, in the words of a Solana RPC node. */
export class UndecodableTransaction extends FlockError {
  constructor(message: string) {
    super("invalid_argument", message);
  }
}

/**
 * Decodes a legacy or version 0 transaction. Bytes after its end are ignored, as everywhere on Solana.
 * @throws UndecodableTransaction when it is too large, does not decode, or points outside of itself.
 */
export function decodeTransaction(bytes: Uint8Array): WireTransaction {
  if (bytes.length > TRANSACTION_BYTES_MAX) {
    throw new UndecodableTransaction(
      `decoded solana_transaction::versioned::VersionedTransaction too large: ${bytes.length} bytes (max: ${TRANSACTION_BYTES_MAX} bytes)`,
    );
  }
  let transaction: VersionedTransaction;
  let messageBytes: Uint8Array;
  let wire: Uint8Array;
  try {
    transaction = VersionedTransaction.deserialize(bytes);
    messageBytes = transaction.message.serialize();
    wire = transaction.serialize();
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unreadable";
    throw new UndecodableTransaction(
      `failed to deserialize solana_transaction::versioned::VersionedTransaction: ${reason}`,
    );
  }
  const { message, signatures } = transaction;
  if (!isWellFormed(message, signatures) || wire.length > TRANSACTION_BYTES_MAX) {
    throw new UndecodableTransaction(
      "invalid transaction: Transaction failed to sanitize accounts offsets correctly",
    );
  }
  return {
    wire,
    signature: base58.encode(signatures[0] ?? new Uint8Array(64)),
    signatures,
    message,
    version: message.version,
    staticKeys: message.staticAccountKeys.map((key) => addressText(key.toBytes())),
    blockhash: message.recentBlockhash,
    messageHash: createHash("sha256").update(messageBytes).digest("base64"),
  };
}

/** The same transaction with another blockhash, and so with signatures that do not fit. */
export function withBlockhash(tx: WireTransaction, blockhash: string): WireTransaction {
  const transaction = VersionedTransaction.deserialize(tx.wire);
  transaction.message.recentBlockhash = blockhash;
  return decodeTransaction(transaction.serialize());
}

/** The rules of Solana's `Message::sanitize`: every index points at something, and there is a writable fee payer. */
function isWellFormed(message: VersionedMessage, signatures: readonly Uint8Array[]): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = message.header;
  const staticCount = message.staticAccountKeys.length;
  const lookups = message.version === 0 ? message.addressTableLookups : [];
  const loaded = lookups.map((table) => table.writableIndexes.length + table.readonlyIndexes.length);
  const keyCount = staticCount + loaded.reduce((sum, count) => sum + count, 0);
  return (
    numRequiredSignatures + numReadonlyUnsignedAccounts <= staticCount &&
    numReadonlySignedAccounts < numRequiredSignatures &&
    signatures.length === numRequiredSignatures &&
    signatures.every((signature) => signature.length === 64) &&
    base58.decode(message.recentBlockhash).length === 32 &&
    keyCount <= 256 &&
    loaded.every((count) => count > 0) &&
    message.compiledInstructions.every(
      ({ programIdIndex, accountKeyIndexes }) =>
        programIdIndex > 0 &&
        programIdIndex < staticCount &&
        accountKeyIndexes.every((index) => index < keyCount),
    )
  );
}

/** Addresses that a version 0 transaction takes from lookup tables. */
export interface LoadedAddresses {
  readonly writable: readonly string[];
  readonly readonly: readonly string[];
}

/** The lookups of a transaction; none for a legacy one. */
export function lookupsOf(message: VersionedMessage): MessageV0["addressTableLookups"] {
  return message.version === 0 ? message.addressTableLookups : [];
}

/** Whether the key at `index` of the static keys followed by the loaded ones may be written. */
export function isWritable(message: VersionedMessage, index: number, loaded: LoadedAddresses): boolean {
  const { numRequiredSignatures, numReadonlySignedAccounts, numReadonlyUnsignedAccounts } = message.header;
  const staticCount = message.staticAccountKeys.length;
  if (index >= staticCount) return index - staticCount < loaded.writable.length;
  if (index < numRequiredSignatures) return index < numRequiredSignatures - numReadonlySignedAccounts;
  return index < staticCount - numReadonlyUnsignedAccounts;
}
