import { FlockError } from "@flock/errors";
import { formatLlama, type MicroLlama, microFromJson, parseLlama } from "@flock/money";
import { z } from "zod";

/** An amount as the API tells it: a string of whole µLLAMA. */
export const micro = z.string().transform((value): MicroLlama => microFromJson(value));

/** An amount that somebody typed, such as "2.5": more than nothing. */
export function typedLlama(text: string): MicroLlama {
  const amount = parseLlama(text);
  if (amount <= 0n) throw new FlockError("invalid_argument", "the amount must be more than 0");
  return amount;
}

/** For people: "2.5". */
export const inLlama = formatLlama;
