import type { ChunkContent, Resume } from "@flock/proto/jobs";
import type { BegunText } from "./begun-text.js";

/** How many tokens something stands for: exactly `min` if both are equal. */
export interface TokenRange {
  readonly min: number;
  readonly max: number;
}

/** Tokens without visible text that a piece may stand for beside one per byte: the rest of a character, a stop word. */
const INVISIBLE_TOKENS_MAX = 16;

const BLANK = /^\s*$/;

/**
 * What there is of an answer so far, and how many tokens that is. Three things are kept that a continuation needs
 * (see ARCHITECTURE.md, "Resume"):
 *
 * - the most tokens that the text can stand for, since an Ollama does not say how many a line is;
 * - tokens whose text is still held back by the engine (half a character, the beginning of a stop word): the next
 *   worker generates them again, so they are no part of what it continues;
 * - the blank pieces at the end, which the next worker lets the model write again.
 */
export class DeliveredText {
  #text = "";
  #thinking = "";
  #tokens = 0;
  #tokensMax = 0;
  #heldTokens = 0;
  #heldTokensMax = 0;
  #blankTail = { length: 0, tokens: 0 };

  /** @param begun What there is of it before the first piece; undefined: nothing. */
  constructor(begun?: BegunText) {
    if (begun === undefined) return;
    const { text, thinking = "", tokens, tokensMax } = begun;
    this.#text = text;
    this.#thinking = thinking;
    this.#tokens = tokens;
    this.#tokensMax = tokensMax;
  }

  get text(): string {
    return this.#text;
  }

  get thinking(): string {
    return this.#thinking;
  }

  get hasAny(): boolean {
    return this.#text.length > 0 || this.#thinking.length > 0 || this.tokens > 0;
  }

  /** Tokens that were generated for it, at least, those of held back text included. */
  get tokens(): number {
    return this.#tokens + this.#heldTokens;
  }

  /**
   * Adds a piece and its tokens. The upper bound comes from a worker (0: it says none), and is brought into what the
   * text allows.
   */
  append({ min, max }: TokenRange, content: ChunkContent): void {
    const { text, thinking } = content;
    this.#heldTokens += min;
    this.#heldTokensMax += Math.max(min, plausibleMax(text, thinking, max));
    if (text === "" && thinking === "") return;
    this.#text += text;
    this.#thinking += thinking;
    this.#noteTail(text, content);
    this.#tokens += this.#heldTokens;
    this.#tokensMax += this.#heldTokensMax;
    this.#heldTokens = 0;
    this.#heldTokensMax = 0;
  }

  /** Another worker goes on after the text: held back tokens are gone. Returns the tokens that it does not generate. */
  beginAnew(): TokenRange {
    this.#heldTokens = 0;
    this.#heldTokensMax = 0;
    return { min: this.#tokens, max: this.#tokensMax };
  }

  toResume(): Omit<Resume, "promptTokens"> {
    const { length, tokens } = this.#blankTail;
    const isBlank = BLANK.test(this.#text.slice(this.#text.length - length));
    return {
      deliveredText: this.#text,
      deliveredThinking: this.#thinking,
      deliveredTokens: this.#tokens,
      deliveredTokensMax: this.#tokensMax,
      blankTailLength: isBlank ? length : 0,
      blankTailTokens: isBlank ? tokens : 0,
    };
  }

  #noteTail(text: string, { blankTailLength, blankTailTokens }: ChunkContent): void {
    const length = Math.min(blankTailLength, text.length);
    const tokens = Math.min(blankTailTokens, this.#heldTokens);
    const isAllBlank = length === text.length;
    this.#blankTail = isAllBlank
      ? { length: this.#blankTail.length + length, tokens: this.#blankTail.tokens + this.#heldTokens }
      : { length, tokens };
  }
}

function plausibleMax(text: string, thinking: string, tokensMax: number): number {
  if (tokensMax === 0) return 0;
  return Math.min(tokensMax, Buffer.byteLength(text) + Buffer.byteLength(thinking) + INVISIBLE_TOKENS_MAX);
}
