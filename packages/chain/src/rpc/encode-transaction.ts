import { base58 } from "@scure/base";
import { z } from "zod";
import type { TransactionRecord } from "../core/transaction-record.js";
import { decodeTransaction, lookupsOf, type WireTransaction } from "../core/wire-transaction.js";

export const transactionEncodingSchema = z.enum(["json", "jsonParsed", "base58", "base64"]);
export type TransactionEncoding = z.infer<typeof transactionEncodingSchema>;

/** A transaction as getTransaction shows it, but for its version, which only newer clients want to see. */
export function encodeTransaction(record: TransactionRecord, encoding: TransactionEncoding) {
  const { slot, blockTime, meta } = record;
  const status = meta.err === null ? { Ok: null } : { Err: meta.err };
  const shownMeta = { ...meta, status, rewards: [] };
  return { slot, blockTime, meta: shownMeta, transaction: encodeBody(record, encoding) };
}

function encodeBody(record: TransactionRecord, encoding: TransactionEncoding) {
  const bytes = Buffer.from(record.wire, "base64");
  if (encoding === "base64") return [record.wire, encoding];
  if (encoding === "base58") return [base58.encode(bytes), encoding];
  const tx = decodeTransaction(bytes);
  return { signatures: tx.signatures.map((signature) => base58.encode(signature)), message: messageOf(tx) };
}

function messageOf({ message, staticKeys, blockhash, version }: WireTransaction) {
  return {
    header: message.header,
    accountKeys: staticKeys,
    recentBlockhash: blockhash,
    instructions: message.compiledInstructions.map(({ programIdIndex, accountKeyIndexes, data }) => ({
      programIdIndex,
      accounts: [...accountKeyIndexes],
      data: base58.encode(data),
      stackHeight: 1,
    })),
    ...(version === "legacy"
      ? {}
      : {
          addressTableLookups: lookupsOf(message).map(({ accountKey, writableIndexes, readonlyIndexes }) => ({
            accountKey: accountKey.toBase58(),
            writableIndexes,
            readonlyIndexes,
          })),
        }),
  };
}
