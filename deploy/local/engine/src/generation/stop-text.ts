import type { Piece } from "./pieces.js";

/** What may be delivered now, and whether the text ended with a stop string. */
export interface Released {
  readonly pieces: readonly Piece[];
  readonly isStopped: boolean;
}

/**
 * Ends a text before the first stop string. Whatever could still become part of one is held back, and held back in
 * whole pieces: the text delivered at any time ends between two tokens, so that another engine that continues it from
 * its text starts from the same tokens.
 */
export class StopText {
  readonly #stops: readonly string[];
  #held: Piece[] = [];
  #heldText = "";

  /** Empty strings stop nothing. */
  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  push(piece: Piece): Released {
    if (this.#stops.length === 0) return { pieces: [piece], isStopped: false };
    this.#held.push(piece);
    this.#heldText += piece.text;
    const end = earliest(this.#heldText, this.#stops);
    if (end !== -1) return { pieces: this.#releaseUpTo(end, true), isStopped: true };
    return {
      pieces: this.#releaseUpTo(this.#heldText.length - longestBegun(this.#heldText, this.#stops), false),
      isStopped: false,
    };
  }

  /** At the end of a text that met no stop string: what was held back. */
  flush(): readonly Piece[] {
    return this.#releaseUpTo(this.#heldText.length, true);
  }

  /** Takes the pieces that end at or before `end` of the held text; with `cut` also the beginning of the next one. */
  #releaseUpTo(end: number, cut: boolean): readonly Piece[] {
    const released: Piece[] = [];
    let position = 0;
    for (const piece of this.#held) {
      if (position + piece.text.length > end) {
        if (cut && end > position)
          released.push({ text: piece.text.slice(0, end - position), tokens: piece.tokens });
        break;
      }
      position += piece.text.length;
      released.push(piece);
    }
    this.#held = this.#held.slice(released.length);
    this.#heldText = this.#heldText.slice(position);
    return released;
  }
}

function earliest(text: string, stops: readonly string[]): number {
  const found = stops.map((stop) => text.indexOf(stop)).filter((index) => index !== -1);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Length of the longest end of `text` with which a stop string begins. */
function longestBegun(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
