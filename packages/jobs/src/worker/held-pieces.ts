import type { Piece } from "./runner.js";

/** Blank pieces at the end of a text: their length in UTF-16 units, and their tokens. */
export interface BlankTail {
  readonly length: number;
  readonly tokens: number;
}

/** A piece to be sent, and which part of its text came in blank pieces of its own at the end. */
export interface TailedPiece {
  readonly piece: Piece;
  readonly blankTail: BlankTail;
}

const NO_TAIL: BlankTail = { length: 0, tokens: 0 };
const CHARACTERS_MAX = 16 * 1024;
const VISIBLE = /\S/;

/** The tail of a single piece: all of it if it is blank. */
export function blankTailOf({ text = "", tokens }: Piece): BlankTail {
  return text === "" || VISIBLE.test(text) ? NO_TAIL : { length: text.length, tokens };
}

/** Pieces of plain text that wait to be sent as one. */
export class HeldPieces {
  #held: TailedPiece | undefined;

  get isFull(): boolean {
    return (this.#held?.piece.text?.length ?? 0) >= CHARACTERS_MAX;
  }

  add(piece: Piece): void {
    this.#held =
      this.#held === undefined ? { piece, blankTail: blankTailOf(piece) } : joined(this.#held, piece);
  }

  /** What is held, which then is nothing any more. */
  take(): TailedPiece | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }
}

function joined({ piece: before, blankTail }: TailedPiece, piece: Piece): TailedPiece {
  const tail = blankTailOf(piece);
  const isVisible = tail.length === 0 && piece.text !== undefined && piece.text !== "";
  const isExact = before.tokensMax === undefined && piece.tokensMax === undefined;
  return {
    piece: {
      ...before,
      text: (before.text ?? "") + (piece.text ?? ""),
      tokens: before.tokens + piece.tokens,
      ...(isExact
        ? {}
        : { tokensMax: (before.tokensMax ?? before.tokens) + (piece.tokensMax ?? piece.tokens) }),
    },
    blankTail: isVisible
      ? NO_TAIL
      : { length: blankTail.length + tail.length, tokens: blankTail.tokens + tail.tokens },
  };
}
