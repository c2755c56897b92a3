import { randomUUID } from "node:crypto";

/** Stands before a number in a string that is no string. Random, so that nobody can put it into a memo. */
const MARK = randomUUID();
const MARKED = new RegExp(`"${MARK}(\\d+)"`, "g");

/** JSON in which a bigint is an integer with all its digits: Solana's u64 do not fit JavaScript's numbers. */
export function exactJson(value: unknown): string {
  let hasBigint = false;
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "bigint") return item;
    hasBigint = true;
    return `${MARK}${item}`;
  });
  return hasBigint ? text.replace(MARKED, "$1") : text;
}
