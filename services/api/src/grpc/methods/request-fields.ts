import { microLlama, TOTAL_SUPPLY } from "@flock/money";
import { z } from "zod";
import {
  checked,
  cursor,
  day,
  PAGE_MAX,
  SIGNATURE_BYTES,
  SIGNED_TEXT_LENGTH_MAX,
  text,
} from "../../money/money-fields.js";

/*
 * The kinds of fields that requests about money have here, where they are otherwise than in JSON.
 */

/** The request as the schema reads it. Throws `invalid_argument` that names the field as the contract does. */
export function read<Schema extends z.ZodType>(request: object, schema: Schema): z.output<Schema> {
  return checked(request, schema, (field) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

const PAGE_DEFAULT = 100;

/** An Ed25519 signature. */
export const signatureBytes = z
  .instanceof(Uint8Array)
  .refine(({ length }) => length === SIGNATURE_BYTES, `must be ${SIGNATURE_BYTES} bytes`);

/** A request that has nothing but a signed text. */
export const signedRequest = z.object({
  signed: z.object(
    { text: text(SIGNED_TEXT_LENGTH_MAX), signature: signatureBytes },
    { error: "is required: a text and its signature" },
  ),
});

/** More than 0 and at most all there is. */
export const amountMicro = z
  .bigint()
  .refine((amount) => amount > 0n, "must be more than 0")
  .refine((amount) => amount <= TOTAL_SUPPLY, `is more than there is: ${TOTAL_SUPPLY}`)
  .transform(microLlama);

/** A page of a list. */
export const page = {
  cursor,
  pageSize: z
    .number()
    .refine((size) => size >= 0 && size <= PAGE_MAX, `must be a number from 1 to ${PAGE_MAX}`)
    .transform((size) => size || PAGE_DEFAULT),
};

/** A text that may be empty, which is none: undefined. */
export function orEmpty<Schema extends z.ZodType>(schema: Schema) {
  return z
    .literal("")
    .transform(() => undefined)
    .or(schema);
}

/** A UTC day; undefined for none. */
export const optionalDay = orEmpty(day);

/** A moment as milliseconds since 1970. */
export const moment = z
  .object({ seconds: z.bigint(), nanos: z.number() })
  .transform(({ seconds, nanos }) => Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000))
  .refine((unixMs) => !Number.isNaN(new Date(unixMs).getTime()), "is not a time");

/** Some values of an enumeration, by the names that they have here. */
export function choices<Name extends string>(names: ReadonlyMap<number, Name>) {
  return z.array(
    z
      .number()
      .transform((value) => names.get(value))
      .refine((name) => name !== undefined, "is not known here"),
  );
}
