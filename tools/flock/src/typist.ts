import { createInterface, type Interface } from "node:readline";

/** Lines that somebody types, or that come from a pipe. */
export class Typist {
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  readonly #onInterrupt: () => void;
  /** Of the lines before, the newest first. */
  #history: string[] = [];
  /** A pipe is read by one reader: what it has read ahead would be lost with it. */
  #piped: AsyncIterator<string> | undefined;
  #open: Interface | undefined;

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream, onInterrupt: () => void) {
    this.#input = input;
    this.#output = output;
    this.#onInterrupt = onInterrupt;
  }

  /** The next line; undefined at the end. */
  async ask(prompt: string): Promise<string | undefined> {
    if (!this.#input.isTTY) {
      this.#open ??= createInterface({ input: this.#input });
      this.#piped ??= this.#open[Symbol.asyncIterator]();
      const { value, done } = await this.#piped.next();
      return done === true ? undefined : value;
    }
    // One for each line: while none is open, Ctrl-C is a signal again.
    const reader = createInterface({
      input: this.#input,
      output: this.#output,
      history: [...this.#history],
    });
    this.#open = reader;
    reader.on("SIGINT", this.#onInterrupt);
    reader.on("history", (history) => {
      this.#history = [...history];
    });
    return new Promise((resolve) => {
      reader.once("close", () => resolve(undefined));
      reader.question(prompt, (line) => {
        resolve(line);
        reader.close();
      });
    });
  }

  /** Lines that are pasted on a terminal: by one reader, because a second one would miss what came with the first. */
  async paste(isWhole: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
    const reader = createInterface({ input: this.#input, output: this.#output, historySize: 0 });
    this.#open = reader;
    reader.on("SIGINT", this.#onInterrupt);
    const lines: string[] = [];
    return new Promise((resolve) => {
      reader.once("close", () => resolve([...lines]));
      reader.on("line", (line) => {
        lines.push(line);
        if (isWhole(lines)) reader.close();
      });
    });
  }

  /** Nothing is read any more. */
  leave(): void {
    this.#open?.close();
    if (this.#input.isTTY) this.#input.unref();
  }
}
