import { sha256Hex } from "@flock/epochs";

/**
 * Tells a repeated request from another one under the same id: 128 bits of SHA-256 over its fields, hex. The hashes are
 * stored for ever, so the order of the fields is fixed. At most one of them is free text, the last: then no two
 * requests join to the same.
 */
export function hashOf(fields: readonly (string | number | bigint | undefined)[]): string {
  return sha256Hex(fields.join("\n")).slice(0, 32);
}
