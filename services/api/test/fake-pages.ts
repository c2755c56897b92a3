import { FlockError } from "@flock/errors";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 500;

/** A cursor as ledger and treasury make them: a number from 1 on; undefined if there is none. */
export function cursorOf(cursor: string): bigint | undefined {
  if (cursor === "") return undefined;
  if (!/^[1-9][0-9]{0,17}$/.test(cursor))
    throw new FlockError("invalid_argument", "cursor is not one of ours");
  return BigInt(cursor);
}

/**
 * One page of a list that is numbered downwards.
 * @param newestFirst All of it.
 * @param numberOf What the cursor is made of: the last item's on the page before.
 */
export function pageOf<T>(
  newestFirst: readonly T[],
  { cursor, limit }: { readonly cursor: string; readonly limit: number },
  numberOf: (item: T) => bigint,
): { items: T[]; nextCursor: string } {
  if (limit > LIMIT_MAX)
    throw new FlockError("invalid_argument", `limit must be 0 to ${LIMIT_MAX}, not ${limit}`);
  const before = cursorOf(cursor);
  const left = newestFirst.filter((item) => before === undefined || numberOf(item) < before);
  const items = left.slice(0, limit || LIMIT_DEFAULT);
  const last = items.at(-1);
  return {
    items,
    nextCursor: last !== undefined && left.length > items.length ? String(numberOf(last)) : "",
  };
}
