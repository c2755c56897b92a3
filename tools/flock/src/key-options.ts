import { FlockError } from "@flock/errors";

/*
 * What the commands that make keys have in common.
 */
export const SCOPES_HELP =
  "what it may do, with commas between: inference, read_account, manage_keys; default: the first two";
export const MODELS_HELP = "the only models that it may use, with commas between; default: all";
export const EXPIRES_HELP = "when it expires, such as 2026-12-31T23:59:59Z";

/** The items of a list with commas between; none if there is no list. */
export function listOf(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Milliseconds since 1970 of a time in ISO 8601. */
export function momentOf(text: string): number {
  const unixMs = Date.parse(text);
  if (Number.isNaN(unixMs))
    throw new FlockError("invalid_argument", `'${text}' is no time such as 2026-12-31T23:59:59Z`);
  return unixMs;
}
