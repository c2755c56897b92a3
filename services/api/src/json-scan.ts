/**
 * A look at the raw bytes of a JSON text before it is parsed: where its first value ends, how deep that nests and how
 * many values it holds. Both are bounded, because a body of a few megabytes of `[` overflows the stack of a recursive
 * reader, and one of `{},{},…` takes fifty times its size in memory. Strings are skipped with the platform's byte
 * search, so images cost little.
 *
 * It does not judge the syntax: for a text that JSON.parse takes, its counts are exact.
 */
export type JsonFault = "too deep" | "too many values";

export const JSON_DEPTH_MAX = 128;

/** A `context` of 128 Ki tokens, a batch of embeddings or a long tool schema stay well below. */
export const JSON_VALUES_MAX = 500_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/**
 * The length of the text up to the end of the object or list that it begins with (all of it, if it begins with none, or
 * that has no end); or why it is not to be parsed.
 */
export function scanJson(bytes: Buffer, depthMax?: number, valuesMax?: number): number | JsonFault {
  const found = measureJson(bytes, depthMax, valuesMax);
  return typeof found === "string" ? found : found.length;
}

/** Likewise, with the number of values up to there, for who adds up several texts. */
export function measureJson(
  bytes: Buffer,
  depthMax = JSON_DEPTH_MAX,
  valuesMax = JSON_VALUES_MAX,
): { readonly length: number; readonly values: number } | JsonFault {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at + 1);
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        depth += 1;
        values += 1;
        if (depth > depthMax) return "too deep";
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        depth -= 1;
        if (depth === 0) return { length: at + 1, values };
        break;
      case COMMA:
        values += 1;
        break;
    }
    if (values > valuesMax) return "too many values";
  }
  return { length: bytes.length, values };
}

/** Index of the quote that ends the string which begins at `from`; the end of the text if none does. */
function endOfString(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH && at - 1 - backslashes >= from) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return bytes.length;
}
