import { createHash, randomBytes } from "node:crypto";
import { base58 } from "@scure/base";

const PREFIX = "fls_";
const SECRET_BYTES = 32;
const FORM = /^fls_[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** A new session token: `fls_` and 32 random bytes in base58. */
export function newSessionToken(): string {
  return PREFIX + base58.encode(randomBytes(SECRET_BYTES));
}

/** Whether a text has the form of a session token. */
export function isSessionToken(text: string): boolean {
  return FORM.test(text);
}

/** SHA-256 of the token: all that is stored, and what it is looked up by. */
export function hashSessionToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
