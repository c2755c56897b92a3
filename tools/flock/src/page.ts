/*
 * Lists come in pages: how far, from where, and where to go on.
 */
import { FlockError } from "@flock/errors";

/**
 * The length of a page, as somebody typed it.
 * @throws FlockError `invalid_argument` unless it is 1 to 500
 */
export function limitOf(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 500)
    throw new FlockError("invalid_argument", `--limit ${text}: a number from 1 to 500 is needed`);
  return limit;
}

/** A page of a list of the API. */
export function pageQuery({ limit, cursor }: { readonly limit: string; readonly cursor: string }): string {
  const query = new URLSearchParams({ limit, ...(cursor === "" ? {} : { cursor }) });
  return query.toString();
}

/** What stands below a page that is not the last one. The last has no cursor: null from the API, empty in the mesh. */
export function moreLine(nextCursor: string | null): string {
  return nextCursor ? `\nmore: --cursor ${nextCursor}\n` : "";
}
