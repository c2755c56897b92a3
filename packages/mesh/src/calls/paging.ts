/*
 * Calls that answer with a list do so in pages: the caller says how long one may be and where it begins, the answer
 * where the next one does. A service reads one item more than asked for, which tells whether there is a next page.
 */
import { FlockError } from "@flock/errors";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 500;

/**
 * The length of a page; 0 stands for the default of 100.
 * @throws FlockError `invalid_argument` for more than 500
 */
export function checkedLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 0 || limit > LIMIT_MAX)
    throw new FlockError("invalid_argument", `limit must be 0 to ${LIMIT_MAX}, not ${limit}`);
  return limit || LIMIT_DEFAULT;
}

/**
 * A cursor that is a number of ours from 1 on, undefined if empty.
 * @throws FlockError `invalid_argument` for anything else
 */
export function checkedCursor(cursor: string): bigint | undefined {
  if (cursor === "") return undefined;
  if (!/^[1-9][0-9]{0,17}$/.test(cursor))
    throw new FlockError("invalid_argument", "cursor is not one of ours");
  return BigInt(cursor);
}

/** A page of what was found, and the cursor of the next one: that of the last item, empty if there is none. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  cursorOf: (last: T) => string | bigint,
): { readonly items: readonly T[]; readonly nextCursor: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last !== undefined ? String(cursorOf(last)) : "" };
}
