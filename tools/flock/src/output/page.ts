/*
 * Lists come in pages: how far, from where, and where to go on.
 */
import { FlockError } from "@flock/errors";
import type { Answer } from "../command.js";
import { table } from "./sheet.js";

export interface PageOptions {
  readonly limit: string;
  readonly cursor: string;
}

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
export function pageQuery({ limit, cursor }: PageOptions): string {
  const query = new URLSearchParams({ limit: String(limitOf(limit)), ...(cursor === "" ? {} : { cursor }) });
  return query.toString();
}

interface Listed {
  readonly json: unknown;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns with numbers. */
  readonly right?: readonly number[];
  /** What is said of an empty list. */
  readonly none: string;
  /** The last page has none: null from the API, empty in the mesh. */
  readonly nextCursor?: string | null;
  readonly note?: string;
}

/** A list, or a page of one. That it is empty, or goes on, is no data and so said apart. */
export function listed({ json, head, rows, right, none, nextCursor, note }: Listed): Answer {
  if (rows.length === 0) return { json, text: "", note: `${none}\n` };
  const more = nextCursor ? `more: --cursor ${nextCursor}\n` : undefined;
  const said = [note, more].filter((line) => line !== undefined).join("");
  return { json, text: table(head, rows, right), ...(said === "" ? {} : { note: said }) };
}
