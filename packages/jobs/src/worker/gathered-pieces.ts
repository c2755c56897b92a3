import type { TailedPiece } from "./held-pieces.js";

/** Pieces that follow a chunk sooner than this are sent together: no reader sees the difference. */
const GATHER_MS = 10;
const BYTES_MAX = 64 * 1024;
/** UTF-8 needs at most so many bytes per UTF-16 unit; an estimate is enough here. */
const CHARACTER_BYTES_MAX = 3;

/**
 * Pieces of one lease on their way into chunks. The first after a pause leaves at once, those that follow it closely
 * leave together: a chunk of many pieces costs as much to seal as one of a single piece.
 */
export class GatheredPieces {
  readonly #piecesMax: number;
  readonly #send: (pieces: readonly TailedPiece[]) => void;
  #pieces: TailedPiece[] = [];
  #bytes = 0;
  #sentMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param send Is given at least one piece, and at most `piecesMax`. */
  constructor(piecesMax: number, send: (pieces: readonly TailedPiece[]) => void) {
    this.#piecesMax = piecesMax;
    this.#send = send;
  }

  add(piece: TailedPiece): void {
    const bytes = bytesOf(piece);
    if (this.#bytes + bytes > BYTES_MAX) this.#flush();
    this.#pieces.push(piece);
    this.#bytes += bytes;
    if (this.#pieces.length >= this.#piecesMax || this.#bytes >= BYTES_MAX) return this.#flush();
    if (this.#timer !== undefined) return;
    const leftMs = GATHER_MS - (performance.now() - this.#sentMs);
    if (leftMs <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), leftMs);
  }

  /** What still waits, which then is nothing any more. */
  take(): readonly TailedPiece[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  #flush(): void {
    const pieces = this.take();
    if (pieces.length === 0) return;
    this.#sentMs = performance.now();
    this.#send(pieces);
  }
}

function bytesOf({ piece }: TailedPiece): number {
  const { text = "", thinking = "", logprobsJson, toolCallsJson, embeddingsJson } = piece;
  const blobs = [logprobsJson, toolCallsJson, embeddingsJson].reduce(
    (sum, blob) => sum + (blob?.length ?? 0),
    0,
  );
  return CHARACTER_BYTES_MAX * (text.length + thinking.length) + blobs;
}
