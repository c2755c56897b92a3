const CHARS_MAX = 8_192;

/** The last part of what a process wrote, kept to explain its death: at most 8 192 characters. */
export class OutputTail {
  #text = "";

  append(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString("utf8")).slice(-CHARS_MAX);
  }

  /** The last lines, indented for an error message; a plain remark when nothing was written. */
  lastLines(count: number): string {
    const lines = this.#text.split("\n").filter((line) => line.trim() !== "");
    if (lines.length === 0) return "  (it wrote nothing)";
    return lines
      .slice(-count)
      .map((line) => `  ${line}`)
      .join("\n");
  }

  includes(text: string): boolean {
    return this.#text.includes(text);
  }
}
