import { encode } from "@flock/proto";
import { type Chunk, type ChunkPiece, ChunkPieces, type Final, FinalContent } from "@flock/proto/jobs";
import type { StreamSealers } from "@flock/sealing";
import type { PrivacyLabel } from "./privacy.js";
import { headerOfChunk, headerOfFinal } from "./record-headers.js";

/** A chunk without what it says. */
export type ChunkFrame = Pick<Chunk, "jobId" | "lease" | "seq" | "promptTokens">;

/** How one lease's answer is put into chunks and a final: the worker's side of its privacy. */
export interface ContentSealer {
  /** How the lease's prompt came. */
  readonly privacy: PrivacyLabel;
  /** Pieces that one chunk can hold. */
  readonly piecesMax: number;
  chunk(frame: ChunkFrame, pieces: readonly ChunkPiece[]): Chunk;
  /** The same final, with its words as private as the answer is. */
  final(final: Final): Final;
}

/** Of a lease whose prompt came in plain text: a chunk holds one piece. */
export const PLAIN_SEALER: ContentSealer = {
  privacy: "plaintext",
  piecesMax: 1,
  chunk: (frame, [piece]) => {
    const { content: value, tokens = 0, tokensMax = 0 } = piece ?? {};
    return {
      ...frame,
      ...{ tokens, tokensMax },
      content: value === undefined ? undefined : { $case: "plain", value },
    };
  },
  final: (final) => final,
};

/** Sealing costs as much for many pieces as for one. */
const PIECES_MAX = 64;

/** Of a lease whose prompt came sealed. */
export function sealedTo({ chunks, final: end }: StreamSealers): ContentSealer {
  return {
    privacy: "sealed-to-worker",
    piecesMax: PIECES_MAX,
    chunk: (frame, pieces) => {
      const numbers = { ...sumsOf(pieces), promptTokens: frame.promptTokens };
      const plain = encode(ChunkPieces, { pieces: [...pieces] });
      const value = chunks.seal(frame.seq, headerOfChunk(numbers), plain);
      return { ...frame, ...numbers, content: { $case: "sealed", value } };
    },
    final: (final) => {
      const { error, doneReason } = final;
      const sealed = end.seal(final.seq, headerOfFinal(final), encode(FinalContent, { error, doneReason }));
      return { ...final, error: "", doneReason: "", sealed };
    },
  };
}

/** Tokens of all pieces. The most is 0 where no piece has another most than its least, as in a chunk. */
export function sumsOf(pieces: readonly ChunkPiece[]): Pick<Chunk, "tokens" | "tokensMax"> {
  let tokens = 0;
  let tokensMax = 0;
  let isExact = true;
  for (const piece of pieces) {
    tokens += piece.tokens;
    tokensMax += piece.tokensMax || piece.tokens;
    isExact &&= piece.tokensMax === 0;
  }
  return { tokens, tokensMax: isExact ? 0 : tokensMax };
}
