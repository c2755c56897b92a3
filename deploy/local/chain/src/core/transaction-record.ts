import { z } from "zod";
import { storedAccountSchema } from "./account-codec.js";

/*
 * What is kept of a transaction for ever, in the form in which Solana's RPC gives it. Lamports and compute units are
 * JSON numbers (no amount on this chain exceeds 2^53, see genesis.ts); token amounts are decimal strings.
 */

/** Why a transaction failed; null: it did not. */
export const transactionErrorSchema = z.union([z.string(), z.record(z.string(), z.unknown())]).nullable();

const tokenBalanceSchema = z.object({
  accountIndex: z.number(),
  mint: z.string(),
  owner: z.string(),
  programId: z.string(),
  uiTokenAmount: z.object({
    amount: z.string(),
    decimals: z.number(),
    uiAmount: z.number().nullable(),
    uiAmountString: z.string(),
  }),
});

const metaSchema = z.object({
  err: transactionErrorSchema,
  fee: z.number(),
  preBalances: z.array(z.number()),
  postBalances: z.array(z.number()),
  preTokenBalances: z.array(tokenBalanceSchema),
  postTokenBalances: z.array(tokenBalanceSchema),
  innerInstructions: z.array(
    z.object({
      index: z.number(),
      instructions: z.array(
        z.object({
          programIdIndex: z.number(),
          accounts: z.array(z.number()),
          data: z.string(),
          stackHeight: z.number(),
        }),
      ),
    }),
  ),
  logMessages: z.array(z.string()),
  loadedAddresses: z.object({ writable: z.array(z.string()), readonly: z.array(z.string()) }),
  computeUnitsConsumed: z.number(),
  returnData: z
    .object({ programId: z.string(), data: z.tuple([z.string(), z.literal("base64")]) })
    .optional(),
});

const recordSchema = z.object({
  signature: z.string(),
  slot: z.number(),
  /** Unix time in seconds. */
  blockTime: z.number(),
  version: z.union([z.literal("legacy"), z.literal(0)]),
  /** The transaction's bytes in base64. */
  wire: z.string(),
  memo: z.string().nullable(),
  messageHash: z.string(),
  /** Every address it names, in the order of its indexes: static keys, loaded writable, loaded readonly. */
  addresses: z.array(z.string()),
  meta: metaSchema,
});

export type TokenBalance = z.infer<typeof tokenBalanceSchema>;
export type TransactionMeta = z.infer<typeof metaSchema>;
export type TransactionRecord = z.infer<typeof recordSchema>;

/** Address, account before, account after: of every account that a transaction changed. */
const changeSchema = z.tuple([z.string(), storedAccountSchema, storedAccountSchema]);

export type StoredChange = z.infer<typeof changeSchema>;

/** All blocks after `afterSlot`, up to `tipSlot`, were replaced: their transactions never happened. */
export const forkSchema = z.object({ kind: z.literal("fork"), afterSlot: z.number(), tipSlot: z.number() });

/** A line of the journal. */
export const journalEntrySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("landed"), record: recordSchema, changes: z.array(changeSchema) }),
  forkSchema,
]);

export type JournalEntry = z.infer<typeof journalEntrySchema>;

/** The entry of a transaction that landed. */
export type Landing = Extract<JournalEntry, { kind: "landed" }>;
