import { base58 } from "@scure/base";
import { z } from "zod";

/** Base58 text of so many bytes. */
function base58Of(bytes: number, charactersMax: number, what: string) {
  return z
    .string()
    .max(charactersMax)
    .refine((text) => isBase58(text, bytes), { error: `Invalid param: ${what}` });
}

function isBase58(text: string, bytes: number): boolean {
  try {
    return base58.decode(text).length === bytes;
  } catch {
    return false;
  }
}

export const addressSchema = base58Of(32, 44, "WrongSize");
export const signatureSchema = base58Of(64, 88, "WrongSize");
export const slotSchema = z.int().min(0);

/** What a client may ask for: the newest, what two thirds voted for, what can never be undone. */
export const commitmentSchema = z.enum(["processed", "confirmed", "finalized"]);
export type Commitment = z.infer<typeof commitmentSchema>;

/** Options that every reading method takes. */
export const contextShape = {
  commitment: commitmentSchema.nullish(),
  minContextSlot: slotSchema.nullish(),
};
export const contextSchema = z.object(contextShape).nullish();

export interface ContextOptions {
  readonly commitment?: Commitment | null | undefined;
  readonly minContextSlot?: number | null | undefined;
}

export const accountEncodingSchema = z.enum(["binary", "base58", "base64", "jsonParsed"]);
export type AccountEncoding = z.infer<typeof accountEncodingSchema>;

export const accountOptionsShape = {
  ...contextShape,
  encoding: accountEncodingSchema.nullish(),
  dataSlice: z.object({ offset: slotSchema, length: slotSchema }).nullish(),
};
export const accountOptionsSchema = z.object(accountOptionsShape).nullish();

export type AccountOptions = z.infer<typeof accountOptionsSchema>;

/** One of a mint or a token program, which token accounts are filtered by. */
export const tokenFilterSchema = z.union([
  z.object({ mint: addressSchema }),
  z.object({ programId: addressSchema }),
]);
export type TokenFilter = z.infer<typeof tokenFilterSchema>;
