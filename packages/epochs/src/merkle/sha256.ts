import { hash } from "node:crypto";

export function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}

export const SHA256_BYTES = 32;
