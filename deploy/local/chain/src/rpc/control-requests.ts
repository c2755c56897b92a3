import { z } from "zod";
import { FORK_SLOTS_MAX, LAG_SLOTS_MAX } from "../genesis.js";
import { addressSchema, signatureSchema, slotSchema } from "./params.js";

/*
 * The test controls' parameters: one object each. A node misbehaves only as ordered here.
 */

/** Which transactions are meant: those for which everything given holds. Nothing given: all. */
export const matchSchema = z.strictObject({
  signature: signatureSchema.optional(),
  /** One of the addresses that the transaction names. */
  address: addressSchema.optional(),
  /** Text that occurs in one of its memos. */
  memo: z.string().optional(),
});
export type TransactionMatch = z.infer<typeof matchSchema>;

/** How often something goes wrong before it is right again; default 1. */
const timesSchema = z.int().min(1).max(1_000_000).default(1);
const plannedSlotsSchema = z.int().min(1).max(10_000);

/** Methods whose answers can leave a transaction out. */
export const HIDING_METHODS = ["getSignatureStatuses", "getTransaction", "getSignaturesForAddress"] as const;

/** How a call fails. */
const failureSchema = z.discriminatedUnion("kind", [
  /** A JSON-RPC error. */
  z.strictObject({ kind: z.literal("error"), code: z.int().default(-32_603), message: z.string() }),
  /** An HTTP status instead of an answer, such as 429 or 503. */
  z.strictObject({ kind: z.literal("http"), status: z.int().min(400).max(599) }),
  /** The connection breaks without an answer. */
  z.strictObject({ kind: z.literal("disconnect") }),
  /** The answer comes so much later. */
  z.strictObject({ kind: z.literal("late"), delayMs: z.int().min(1).max(600_000) }),
]);
export type Failure = z.infer<typeof failureSchema>;

/** The rules that sendTransaction goes by, in the order in which they were made: the first that matches is used. */
export const sendRuleSchema = z.discriminatedUnion("kind", [
  /** Accepted, and never lands. */
  z.strictObject({ kind: z.literal("drop"), times: timesSchema, match: matchSchema.default({}) }),
  /** Accepted, and lands so many slots later, if it still may. */
  z.strictObject({
    kind: z.literal("delay"),
    slots: plannedSlotsSchema,
    times: timesSchema,
    match: matchSchema.default({}),
  }),
  /**
   * Lands, and is gone again when the cluster changes to another fork so many slots later; may land there later still.
   */
  z.strictObject({
    kind: z.literal("fork"),
    afterSlots: z.int().min(1).max(FORK_SLOTS_MAX),
    relandAfterSlots: plannedSlotsSchema.optional(),
    times: timesSchema,
    match: matchSchema.default({}),
  }),
]);
export type SendRule = z.infer<typeof sendRuleSchema>;

export const failRuleSchema = z.strictObject({
  /** Default: every method (but not the controls). */
  method: z.string().optional(),
  failure: failureSchema,
  /** Whether the call is carried out all the same and only its answer is lost; default false. */
  isDone: z.boolean().default(false),
  times: timesSchema,
});
export type FailRule = z.infer<typeof failRuleSchema>;

export const hideRuleSchema = z.strictObject({
  /** Default: all of them. */
  methods: z.array(z.enum(HIDING_METHODS)).default([...HIDING_METHODS]),
  match: matchSchema.default({}),
  /** Calls whose answers leave something out. */
  times: timesSchema,
});
export type HideRule = z.infer<typeof hideRuleSchema>;

export const lagSchema = z.strictObject({ slots: slotSchema.max(LAG_SLOTS_MAX) });
export const repeatSchema = z.strictObject({ times: timesSchema });
export const advanceSchema = z.strictObject({ slots: z.int().min(1).max(100_000) });
export const slotMsSchema = z.strictObject({ slotMs: z.int().min(0).max(60_000) });
export const rollbackSchema = z.strictObject({
  /** How many of the newest slots the other fork replaces. */
  slots: z.int().min(1).max(FORK_SLOTS_MAX),
  /** Transactions that the other fork does not contain; default: all of those slots. */
  excluding: z.array(signatureSchema).optional(),
});
