import type { ChosenToken } from "../sampling/token-chooser.js";

/** Whole characters, and the tokens that make them up: the unit in which a text is delivered. */
export interface Piece {
  readonly text: string;
  readonly tokens: readonly ChosenToken[];
}

/** What {@link PieceAssembler} needs of a vocabulary. */
export interface TokenTexts {
  text(token: number): string;
  textOf(tokens: readonly number[]): string;
}

/** A UTF-8 character has at most four bytes, so at most this many tokens can be part of one. */
const TOKENS_PER_CHARACTER_MAX = 4;
const INCOMPLETE = "\uFFFD";

/** Joins tokens whose bytes make up a character only together, so that no piece ends inside one. */
export class PieceAssembler {
  readonly #vocabulary: TokenTexts;
  #held: ChosenToken[] = [];

  constructor(vocabulary: TokenTexts) {
    this.#vocabulary = vocabulary;
  }

  /** The piece that `token` completes; undefined while a character is incomplete. */
  push(token: ChosenToken): Piece | undefined {
    this.#held.push(token);
    const tokens = this.#held;
    const text =
      tokens.length === 1
        ? this.#vocabulary.text(token.token)
        : this.#vocabulary.textOf(tokens.map((held) => held.token));
    if (text.endsWith(INCOMPLETE) && tokens.length < TOKENS_PER_CHARACTER_MAX) return undefined;
    this.#held = [];
    return { text, tokens };
  }

  /** At the end of a text: what came of an incomplete character is dropped, as Ollama does. */
  flush(): Piece | undefined {
    const tokens = this.#held;
    this.#held = [];
    if (tokens.length === 0) return undefined;
    const text = this.#vocabulary.textOf(tokens.map((held) => held.token));
    return { text: text.slice(0, text.indexOf(INCOMPLETE)), tokens };
  }
}
