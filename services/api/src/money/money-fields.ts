import { FlockError } from "@flock/errors";
import { faultOfWalletAddress } from "@flock/keys";
import { type MicroLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";
import { base58 } from "@scure/base";
import { z } from "zod";
import { LABEL_LENGTH_MAX } from "../store/key-store.js";

/*
 * The kinds of fields that requests have, each bounded, each with its own words for what is wrong.
 */
export const SIGNED_TEXT_LENGTH_MAX = 1_024;
export const SIGNATURE_BYTES = 64;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CURSOR_LENGTH_MAX = 128;
export const PAGE_MAX = 500;
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})$/;
const DAY = /^[0-9]{4}-[01][0-9]-[0-3][0-9]$/;

/** A string of at most `lengthMax` characters. */
export function text(lengthMax: number) {
  return z
    .string({ error: ({ input }) => (input === undefined ? "is required" : "must be a string") })
    .max(lengthMax, `has more than ${lengthMax} characters`);
}

/** An address that can be a wallet's: 32 bytes in base58, for which there can be a key. */
export const address = text(64)
  .refine(
    (value) => faultOfWalletAddress(value) === undefined,
    "must be a wallet address: 32 bytes in base58",
  )
  .meta({ description: "A wallet's address.", examples: ["7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"] });

/** A UUID, in either case; lower case afterwards. */
export const uuid = text(36)
  .toLowerCase()
  .regex(UUID, "must be a UUID")
  .meta({
    description: "A UUID.",
    pattern: UUID.source.replaceAll("a-f", "a-fA-F"),
    examples: ["0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e"],
  });

/** By what the network knows a worker: its wallet's address, or the name that an operator has given it. */
export const workerId = text(128)
  .regex(/^[A-Za-z0-9_-]+$/, "must be a worker's id")
  .meta({ description: "A worker's id.", examples: ["7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"] });

/** An amount of money that is more than 0 and at most all there is: a string, because JSON numbers lose digits. */
export const amountMicro = z
  .unknown()
  .transform((value, context): MicroLlama => {
    const refuse = (message: string): never => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (value === undefined) return refuse("is required");
    if (typeof value !== "string" || !/^-?(0|[1-9][0-9]{0,29})$/.test(value))
      return refuse('must be a whole number of µLLAMA in a string, such as "1500000"');
    const amount = BigInt(value);
    if (amount <= 0n) return refuse("must be more than 0");
    if (amount > TOTAL_SUPPLY) return refuse(`is more than there is: ${TOTAL_SUPPLY}`);
    return microLlama(amount);
  })
  .meta({
    type: "string",
    pattern: "^[1-9][0-9]{0,29}$",
    description: "More than 0, in µLLAMA.",
    examples: ["1500000"],
  });

/** An Ed25519 signature in base58 (as Solana tools print it) or base64 (as browsers do): 64 bytes. */
export const signature = text(128)
  .transform((encoded, context): Uint8Array => {
    const bytes = decode58(encoded) ?? Buffer.from(encoded, "base64");
    if (bytes.length !== SIGNATURE_BYTES) {
      context.addIssue({ code: "custom", message: "must be 64 bytes in base58 or base64" });
      return z.NEVER;
    }
    return bytes;
  })
  .meta({ description: "An Ed25519 signature: 64 bytes in base58 or base64." });

/** 64 bytes are 64 to 88 digits of base58, never the 86 of base64 without padding: no text is both. */
function decode58(encoded: string): Uint8Array | undefined {
  if (!/^[1-9A-HJ-NP-Za-km-z]{64,88}$/.test(encoded)) return undefined;
  const bytes = base58.decode(encoded);
  return bytes.length === SIGNATURE_BYTES ? bytes : undefined;
}

export const labelText = text(LABEL_LENGTH_MAX).refine(
  (value) => !value.includes("\0"),
  "must not contain NUL",
);

/** The same; none is an empty one. */
export const label = labelText.default("");

/** A moment in ISO 8601 with its time zone, as milliseconds since 1970. */
export const moment = text(40)
  .refine(
    (value) => MOMENT.test(value) && !Number.isNaN(Date.parse(value)),
    "must be a time such as 2026-12-31T23:59:59Z",
  )
  .transform((value) => Date.parse(value))
  .meta({ format: "date-time", examples: ["2026-12-31T23:59:59Z"] });

/** Where a page begins, from the page before; what services make of it is theirs. */
export const cursor = text(CURSOR_LENGTH_MAX)
  .regex(/^[A-Za-z0-9_.:=-]*$/, "is not one of ours")
  .default("")
  .meta({ default: "", description: "From the page before; empty: the first page." });

const limit = z
  .string()
  .regex(/^[0-9]{1,4}$/, `must be a number from 1 to ${PAGE_MAX}`)
  .transform(Number)
  .refine((value) => value >= 1 && value <= PAGE_MAX, `must be a number from 1 to ${PAGE_MAX}`)
  .default(100)
  .meta({ default: "100", description: `Entries of a page: 1 to ${PAGE_MAX}.` });

/** `cursor` and `limit` of a list. */
export const page = { cursor, limit };

/** A UTC day such as 2026-11-22. */
export const day = text(10)
  .refine(
    (value) => DAY.test(value) && new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value) === true,
    "must be a day such as 2026-11-22",
  )
  .meta({ format: "date", description: "A day in UTC.", examples: ["2026-11-22"] });

/**
 * The value as the schema reads it.
 * @param nameOf What the client calls a field.
 * @throws FlockError `invalid_argument` that names the field.
 */
export function checked<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  nameOf = (field: string) => field,
): z.output<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = nameOf(issue?.path.join(".") ?? "");
  throw new FlockError("invalid_argument", `${field}: ${issue?.message ?? "is wrong"}`, {
    details: { field },
  });
}
