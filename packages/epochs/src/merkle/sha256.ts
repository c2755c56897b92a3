import crypto from "node:crypto";

/**
 * SHA-256 of `bytes`. Node has a one-shot function from 20.12 on, which takes half the time for short inputs; the
 * oldest Node that is supported is 20.11.
 */
export const sha256: (bytes: Uint8Array) => Buffer =
  typeof crypto.hash === "function"
    ? (bytes) => crypto.hash("sha256", bytes, "buffer")
    : (bytes) => crypto.createHash("sha256").update(bytes).digest();

/** SHA-256 in hex; see {@link sha256}. */
export const sha256Hex: (data: Uint8Array | string) => string =
  typeof crypto.hash === "function"
    ? (data) => crypto.hash("sha256", data, "hex")
    : (data) => crypto.createHash("sha256").update(data).digest("hex");

export const SHA256_BYTES = 32;
