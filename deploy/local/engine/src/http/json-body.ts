import { FlockError } from "@flock/errors";
import { isJsonObject, type JsonObject } from "./fields.js";

const NESTING_MAX = 128;

/**
 * Parses a request body, whatever its content type says (`curl -d` sends a form type). Throws `invalid_argument` unless
 * it is one JSON object (null counts as an empty one), nested at most 128 deep; invalid UTF-8 becomes replacement
 * characters.
 */
export function parseJsonObject(body: Buffer): JsonObject {
  const text = body.toString("utf8");
  if (text.trim() === "") throw new FlockError("invalid_argument", "missing request body");
  if (isNestedDeeper(text, NESTING_MAX)) {
    throw new FlockError(
      "invalid_argument",
      `the request body is nested more than ${NESTING_MAX} levels deep`,
    );
  }
  const value = parse(text) ?? {};
  if (!isJsonObject(value))
    throw new FlockError("invalid_argument", "the request body must be a JSON object");
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // The parser's message quotes the body, which may hold a prompt.
    throw new FlockError("invalid_argument", "invalid JSON in the request body", { cause });
  }
}

/** Counts brackets outside of strings; looks at each character once and allocates nothing. */
function isNestedDeeper(text: string, limit: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === 0x22) isInString = !isInString;
    else if (isInString) i += character === 0x5c ? 1 : 0;
    else if (character === 0x7b || character === 0x5b) {
      if (++depth > limit) return true;
    } else if (character === 0x7d || character === 0x5d) depth--;
  }
  return false;
}
