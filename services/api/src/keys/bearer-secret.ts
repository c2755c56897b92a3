import { hash, randomBytes } from "node:crypto";
import { base58 } from "@scure/base";

const SECRET_BYTES = 32;
/** What of a secret may be shown: enough to tell a few of them apart, and far too little to guess the rest. */
const SHOWN_DIGITS = 4;

/** One sort of secret that clients show: a prefix that tells it from others, and 32 random bytes in base58. */
class BearerSecrets {
  readonly #prefix: string;
  readonly #form: RegExp;

  constructor(prefix: string) {
    this.#prefix = prefix;
    // 32 bytes are 43 or 44 digits of base58, fewer only if the first bytes are zero.
    this.#form = new RegExp(`^${prefix}[1-9A-HJ-NP-Za-km-z]{32,44}$`);
  }

  /** A new one: letters and digits alone, so that it fits a URL path. */
  create(): string {
    return this.#prefix + base58.encode(randomBytes(SECRET_BYTES));
  }

  /** The beginning of a secret, by which its owner knows it. */
  shownPart(secret: string): string {
    return secret.slice(0, this.#prefix.length + SHOWN_DIGITS);
  }

  /** Whether a text has the form of one at all: what has not is refused without a lookup. */
  matches(text: string): boolean {
    return this.#form.test(text);
  }
}

export const API_KEYS = new BearerSecrets("flk_");
export const SESSION_TOKENS = new BearerSecrets("fls_");

/** SHA-256 of a secret: all that is stored, and what it is looked up by. */
export function hashSecret(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}
