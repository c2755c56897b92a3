import { base58 } from "@scure/base";
import { z } from "zod";
import type { TransactionRecord } from "../core/transaction-record.js";
import { decodeTransaction, isWritable, lookupsOf, type WireTransaction } from "../core/wire-transaction.js";
import { parseInstruction } from "./parse-instruction.js";

export const transactionEncodingSchema = z.enum(["json", "jsonParsed", "base58", "base64"]);
export type TransactionEncoding = z.infer<typeof transactionEncodingSchema>;

/** A transaction as getTransaction shows it, but for its version, which only newer clients want to see. */
export function encodeTransaction(record: TransactionRecord, encoding: TransactionEncoding) {
  const { slot, blockTime, meta } = record;
  const status = meta.err === null ? { Ok: null } : { Err: meta.err };
  const shown = { ...meta, status, rewards: [] };
  if (encoding !== "jsonParsed") {
    return { slot, blockTime, meta: shown, transaction: encodeBody(record, encoding) };
  }
  // The keys that a lookup table gave are among the message's.
  const { loadedAddresses: _loaded, ...rest } = shown;
  const innerInstructions = meta.innerInstructions.map(({ index, instructions }) => ({
    index,
    instructions: instructions.map((inner) => parsed(record, { ...inner, data: base58.decode(inner.data) })),
  }));
  return { slot, blockTime, meta: { ...rest, innerInstructions }, transaction: parsedBody(record) };
}

function encodeBody(record: TransactionRecord, encoding: Exclude<TransactionEncoding, "jsonParsed">) {
  const bytes = Buffer.from(record.wire, "base64");
  if (encoding === "base64") return [record.wire, encoding];
  if (encoding === "base58") return [base58.encode(bytes), encoding];
  const tx = decodeTransaction(bytes);
  return { signatures: signaturesOf(tx), message: messageOf(tx) };
}

function messageOf(tx: WireTransaction) {
  return {
    header: tx.message.header,
    accountKeys: tx.staticKeys,
    recentBlockhash: tx.blockhash,
    instructions: tx.message.compiledInstructions.map(({ programIdIndex, accountKeyIndexes, data }) => ({
      programIdIndex,
      accounts: [...accountKeyIndexes],
      data: base58.encode(data),
      stackHeight: 1,
    })),
    ...shownLookups(tx),
  };
}

function parsedBody(record: TransactionRecord) {
  const tx = decodeTransaction(Buffer.from(record.wire, "base64"));
  const { header, compiledInstructions } = tx.message;
  const accountKeys = record.addresses.map((pubkey, index) => ({
    pubkey,
    writable: isWritable(tx.message, index, record.meta.loadedAddresses),
    signer: index < header.numRequiredSignatures,
    source: index < tx.staticKeys.length ? "transaction" : "lookupTable",
  }));
  const instructions = compiledInstructions.map(({ programIdIndex, accountKeyIndexes, data }) =>
    parsed(record, { programIdIndex, accounts: accountKeyIndexes, data, stackHeight: 1 }),
  );
  const message = { accountKeys, recentBlockhash: tx.blockhash, instructions, ...shownLookups(tx) };
  return { signatures: signaturesOf(tx), message };
}

interface IndexedInstruction {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
  readonly stackHeight: number;
}

function parsed({ addresses }: TransactionRecord, instruction: IndexedInstruction) {
  const { programIdIndex, accounts, data, stackHeight } = instruction;
  const programId = addresses[programIdIndex] ?? "";
  return parseInstruction({
    programId,
    accounts: accounts.map((index) => addresses[index] ?? ""),
    data,
    stackHeight,
  });
}

function signaturesOf({ signatures }: WireTransaction): string[] {
  return signatures.map((signature) => base58.encode(signature));
}

/** Lookups exist in version 0 only. */
function shownLookups({ message, version }: WireTransaction) {
  if (version === "legacy") return {};
  const addressTableLookups = lookupsOf(message).map(({ accountKey, writableIndexes, readonlyIndexes }) => {
    return { accountKey: accountKey.toBase58(), writableIndexes, readonlyIndexes };
  });
  return { addressTableLookups };
}
