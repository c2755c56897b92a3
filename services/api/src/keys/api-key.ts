import { createHash, randomBytes } from "node:crypto";
import { base58 } from "@scure/base";

const PREFIX = "flk_";
const SECRET_BYTES = 32;
/** 32 bytes are 43 or 44 digits of base58, fewer only if the first bytes are zero. */
const FORM = /^flk_[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** A new API key: `flk_` and 32 random bytes in base58 (letters and digits alone, so that it fits a URL path). */
export function newApiKey(): string {
  return PREFIX + base58.encode(randomBytes(SECRET_BYTES));
}

/** Whether a text has the form of a key at all: what has not is refused without a lookup. */
export function isApiKey(text: string): boolean {
  return FORM.test(text);
}

/** SHA-256 of the key: all that is stored, and what it is looked up by. */
export function hashApiKey(apiKey: string): Buffer {
  return createHash("sha256").update(apiKey).digest();
}
