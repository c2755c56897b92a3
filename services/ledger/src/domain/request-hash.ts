import { hash } from "node:crypto";

/**
 * Tells a repeated request from another one under the same id: 128 bits of SHA-256 over its fields, hex. The hashes are
 * stored for ever, so the order of the fields is fixed. At most one of them is free text, the last: then no two
 * requests join to the same.
 */
export function hashOf(fields: readonly (string | number | bigint | undefined)[]): string {
  return hash("sha256", fields.join("\n")).slice(0, 32);
}
