import { createHash } from "node:crypto";

/** What one lease has produced. The parts of a list are joined. */
export interface LeaseOutput {
  readonly thinking: string;
  readonly text: string;
  /** JSON of tool calls, as the chunks carried it. */
  readonly toolCalls: readonly Uint8Array[];
  /** JSON of embedding vectors, as the chunks carried it. */
  readonly embeddings: readonly Uint8Array[];
}

const LENGTH_BYTES = 4;

/**
 * What a receipt commits to: SHA-256 over thinking (UTF-8), text (UTF-8), tool calls and embeddings, in this order,
 * each preceded by its length in bytes (unsigned, 4 bytes, big-endian), so that no two outputs share an encoding.
 *
 * Example: no thinking, the text `Hi`, nothing else: SHA-256 of `00000000 00000002 4869 00000000 00000000`, which is
 * `c384c72ad2d4743ec45bb2e85534b1581502d5fd742cac88a2679e81a456ee25`.
 */
export function outputSha256({ thinking, text, toolCalls, embeddings }: LeaseOutput): Uint8Array {
  const hash = createHash("sha256");
  for (const part of [[Buffer.from(thinking)], [Buffer.from(text)], toolCalls, embeddings]) {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(part.reduce((bytes, piece) => bytes + piece.length, 0));
    hash.update(length);
    for (const piece of part) hash.update(piece);
  }
  return hash.digest();
}
