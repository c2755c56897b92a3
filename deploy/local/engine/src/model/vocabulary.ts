import type { LlamaModel, Token } from "node-llama-cpp";

// CAST (throughout): node-llama-cpp brands its token ids; in the engine they are plain numbers.
const asTokens = (tokens: readonly number[]) => tokens as readonly number[] as Token[];

/** Text to tokens and back, and which tokens end a text. */
export class Vocabulary {
  readonly size: number;
  readonly #model: LlamaModel;
  readonly #texts = new Map<number, string>();
  readonly #endOfText = new Map<number, boolean>();
  /** Detokenised in front of others so that tokenizers which drop a text's first space do not drop theirs. */
  readonly #anchor: Token[];

  constructor(model: LlamaModel, size: number) {
    this.#model = model;
    this.size = size;
    this.#anchor = model.tokenize("a", false).slice(-1);
  }

  /**
   * The tokens that the model sees for a rendered or raw prompt. Special tokens written out in the text are recognised.
   * The model's begin-of-text token comes first exactly once if the model wants it, whether or not the text begins with
   * it.
   */
  promptTokens(text: string): Uint32Array {
    const tokens = this.#model.tokenize(text, true);
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    if (shouldPrependBosToken && bos !== null && tokens[0] !== bos) tokens.unshift(bos);
    return Uint32Array.from(tokens);
  }

  /** The tokens of a text in the middle of another one: nothing in it is special, nothing is put before it. */
  textTokens(text: string): readonly number[] {
    return this.#model.tokenize(text, false, "trimLeadingSpace");
  }

  /**
   * The text of one token as part of a longer text: empty for control tokens, ending in U+FFFD if it ends inside a
   * character.
   */
  text(token: number): string {
    let text = this.#texts.get(token);
    if (text === undefined) {
      text = this.textOf([token]);
      this.#texts.set(token, text);
    }
    return text;
  }

  /** The text of consecutive tokens as part of a longer text. */
  textOf(tokens: readonly number[]): string {
    return this.#model.detokenize(asTokens(tokens), false, this.#anchor);
  }

  /**
   * How many of a prompt's tokens precede its last control token. These are evaluated in bulk, the rest one by one,
   * like generated tokens. Since generated text never shows a control token, a prompt and the same prompt with
   * generated text behind it have the same such part, and all their common tokens are evaluated alike: continuing is
   * exact.
   */
  bulkTokens(prompt: Uint32Array): number {
    return Math.max(
      0,
      prompt.findLastIndex((token) => this.text(token) === ""),
    );
  }

  isEndOfText(token: number): boolean {
    let isEnd = this.#endOfText.get(token);
    if (isEnd === undefined) {
      isEnd = this.#model.isEogToken(token as Token);
      this.#endOfText.set(token, isEnd);
    }
    return isEnd;
  }
}
