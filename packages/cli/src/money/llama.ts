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

/** A page of a list: how far, and from where. */
export function pageQuery({ limit, cursor }: { readonly limit: string; readonly cursor: string }): string {
  const query = new URLSearchParams({ limit, ...(cursor === "" ? {} : { cursor }) });
  return query.toString();
}

/** What stands below a page that is not the last one. */
export function moreLine(nextCursor: string | null): string {
  return nextCursor === null ? "" : `\nmore: --cursor ${nextCursor}\n`;
}
