import { type Chunk, type ChunkPiece, ChunkPieces, type Final, FinalContent } from "@flock/proto/jobs";
import type { StreamOpeners } from "@flock/sealing";
import { sumsOf } from "./content-sealer.js";
import type { PrivacyLabel } from "./privacy.js";
import { headerOfChunk, headerOfFinal } from "./record-headers.js";

const ERROR_LENGTH_MAX = 500;

/** How one lease's chunks and final are read: the requester's side of its privacy. */
export interface ContentOpener {
  /** How the lease's prompt went. */
  readonly privacy: PrivacyLabel;
  /** What a chunk says, piece by piece; undefined if it is not put as was agreed for the lease. */
  chunk(chunk: Chunk): readonly ChunkPiece[] | undefined;
  /** The words of a final; undefined likewise. */
  final(final: Final): FinalContent | undefined;
}

/** Of a lease whose prompt went in plain text. */
export const PLAIN_OPENER: ContentOpener = {
  privacy: "plaintext",
  chunk: ({ content, tokens, tokensMax }) =>
    content?.$case === "plain" ? [{ content: content.value, tokens, tokensMax }] : undefined,
  final: ({ error, doneReason, sealed }) =>
    sealed.length === 0 ? bounded({ error, doneReason }) : undefined,
};

/** Of a lease whose prompt was sealed. */
export function openedWith({ chunks, final: end }: StreamOpeners): ContentOpener {
  return {
    privacy: "sealed-to-worker",
    chunk: (chunk) => {
      if (chunk.content?.$case !== "sealed") return undefined;
      const plain = chunks.open(chunk.seq, headerOfChunk(chunk), chunk.content.value);
      return plain && piecesOf(plain, chunk);
    },
    final: (final) => {
      const plain = end.open(final.seq, headerOfFinal(final), final.sealed);
      return plain && finalContentOf(plain);
    },
  };
}

/** The pieces, if they stand for as many tokens as the chunk says of them. */
function piecesOf(plain: Uint8Array, chunk: Chunk): readonly ChunkPiece[] | undefined {
  try {
    const { pieces } = ChunkPieces.decode(plain);
    const { tokens, tokensMax } = sumsOf(pieces);
    return tokens === chunk.tokens && tokensMax === chunk.tokensMax ? pieces : undefined;
  } catch {
    return undefined;
  }
}

function finalContentOf(plain: Uint8Array): FinalContent | undefined {
  try {
    return bounded(FinalContent.decode(plain));
  } catch {
    return undefined;
  }
}

function bounded({ error, doneReason }: FinalContent): FinalContent {
  return { error: error.slice(0, ERROR_LENGTH_MAX), doneReason };
}
