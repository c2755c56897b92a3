/** The two parts of what a model has written. */
export interface SplitText {
  readonly thinking: string;
  readonly text: string;
}

/**
 * Takes apart what a model writes raw that is in the middle of its thinking, as Ollama does: up to the tag that ends
 * it, thinking; behind it, text. Blanks around the tag belong to neither, so they are held back, and so is what may be
 * the beginning of the tag.
 */
export class RawThinking {
  readonly #end: string;
  #phase: "thinking" | "gap" | "text" = "thinking";
  #held = "";

  constructor(end: string) {
    this.#end = end;
  }

  add(piece: string): SplitText {
    if (this.#phase === "text") return { thinking: "", text: piece };
    this.#held += piece;
    let thinking = "";
    if (this.#phase === "thinking") {
      const at = this.#held.indexOf(this.#end);
      const certain = at < 0 ? this.#held.length - this.#uncertainLength() : at;
      const visible = this.#held.slice(0, certain);
      thinking = at < 0 ? visible : visible.trimEnd();
      this.#held = this.#held.slice(at < 0 ? certain : at + this.#end.length);
      if (at < 0) return { thinking, text: "" };
      this.#phase = "gap";
    }
    const text = this.#held.trimStart();
    this.#held = "";
    if (text !== "") this.#phase = "text";
    return { thinking, text };
  }

  /** What was held back when the model ended. */
  flush(): SplitText {
    const thinking = this.#phase === "thinking" ? this.#held.trimEnd() : "";
    this.#held = "";
    return { thinking, text: "" };
  }

  /** Of the end of what is held: blanks and a beginning of the tag. */
  #uncertainLength(): number {
    const tagLength = Math.min(this.#end.length - 1, this.#held.length);
    for (let length = tagLength; length > 0; length--) {
      if (!this.#end.startsWith(this.#held.slice(-length))) continue;
      const before = this.#held.slice(0, -length);
      return length + before.length - before.trimEnd().length;
    }
    return this.#held.length - this.#held.trimEnd().length;
  }
}
