import { outputSha256 } from "@flock/jobs";
import type { Receipt } from "@flock/proto/jobs";
import type { JobMaterialReply, MaterialPiece } from "@flock/proto/verifier";

/** Tried boundaries between the leases of a job that was resumed. */
const BOUNDARIES_MAX = 512;

/** The answer that a worker has vouched for. */
export interface VouchedAnswer {
  readonly thinking: string;
  readonly text: string;
  /** Where in the text the part begins that this worker has written. */
  readonly from: number;
}

/**
 * Finds what a receipt vouches for: the whole answer, or of a job that was resumed its end. Undefined: the material is
 * not what the worker has signed, or had a part that is not kept (calls of tools).
 */
export function vouchedAnswer(
  material: Pick<JobMaterialReply, "pieces">,
  receipt: Pick<Receipt, "outputSha256">,
  leases: number,
): VouchedAnswer | undefined {
  const { pieces } = material;
  const all = joined(pieces);
  if (isOf(all, receipt)) return { ...all, from: 0 };
  if (leases < 2) return undefined;
  for (let first = pieces.length - 1; first > Math.max(0, pieces.length - BOUNDARIES_MAX); first--) {
    const part = joined(pieces.slice(first));
    if (isOf(part, receipt)) return { ...all, from: all.text.length - part.text.length };
  }
  return undefined;
}

function joined(pieces: readonly MaterialPiece[]): { readonly thinking: string; readonly text: string } {
  return {
    thinking: pieces.map(({ thinking }) => thinking).join(""),
    text: pieces.map(({ text }) => text).join(""),
  };
}

function isOf(
  part: { readonly thinking: string; readonly text: string },
  { outputSha256: signed }: Pick<Receipt, "outputSha256">,
): boolean {
  return Buffer.compare(outputSha256({ ...part, toolCalls: [], embeddings: [] }), signed) === 0;
}

/** Completion tokens before a place of the text: as many at least, and at most. */
export function tokensBefore(
  pieces: readonly MaterialPiece[],
  offset: number,
): { readonly tokens: number; readonly tokensMax: number } {
  let tokens = 0;
  let at = 0;
  for (const piece of pieces) {
    const end = at + piece.text.length;
    if (end > offset) {
      const part = piece.text.slice(0, Math.max(0, offset - at));
      return { tokens, tokensMax: tokens + Math.min(piece.tokens, Buffer.byteLength(part)) };
    }
    tokens += piece.tokens;
    at = end;
  }
  return { tokens, tokensMax: tokens };
}
