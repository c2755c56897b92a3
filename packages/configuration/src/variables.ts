import { LOG_LEVELS, toLogLevel } from "@flock/observability";
import { z } from "zod";

/** A whole number within bounds, both included. */
export const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** A TCP port; 0: any free one. */
export const port = integer(0, 65_535);

/** How much is logged, in upper or lower case, also by the usual other names (`WARNING`); default `info`. */
export const logLevel = z
  .preprocess(toLogLevel, z.enum(LOG_LEVELS).default("info"))
  .describe("how much is logged, in upper or lower case");

/** How long what stops may take to finish what it has begun, in milliseconds; at most an hour, default 30 s. */
export const drainTimeoutMs = integer(0, 3_600_000)
  .default(30_000)
  .describe("how long a stopping program may take to finish what it has begun; 0: it does not wait");

/**
 * Marks a variable whose value holds a secret, as a URL with a password does: its program also takes it from the file
 * that `<NAME>_FILE` names, and keeps it out of its logs.
 */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), secret: true });
}

/** Whether a variable is a {@link secret}, also one with a default. */
export function isSecret(schema: z.ZodType): boolean {
  if (schema.meta()?.["secret"] === true) return true;
  const isWrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
  // CAST: zod knows it as a type of its core.
  return isWrapped && isSecret(schema.unwrap() as z.ZodType);
}

/** `postgres://…` or `postgresql://…`; required. What is wrong with it is said without it: it has a password. */
export const databaseUrl = secret(z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL"));
