/** The last line of an answer (or the whole of one that is not streamed), as far as it is read. */
export interface LastLine {
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly eval_count?: number;
  readonly response?: string;
  readonly error?: unknown;
}

const NEWLINE = 10;
/** Longer than any last line. */
const TAIL_BYTES = 8 * 1024;

/**
 * Reads an NDJSON answer at the cost of finding its line ends: only the last line is parsed, unless the text is wanted.
 */
export class AnswerReader {
  /** The answer's last bytes. */
  readonly #tail = Buffer.allocUnsafe(TAIL_BYTES);
  #tailBytes = 0;
  readonly #whole: Buffer[] | undefined;
  /** Line ends so far. */
  lines = 0;
  /** Pieces in which the answer arrived. */
  reads = 0;

  constructor(keepsText: boolean) {
    this.#whole = keepsText ? [] : undefined;
  }

  push(piece: Buffer): void {
    this.reads += 1;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, end + 1)) this.lines += 1;
    // Copied: the piece is a view of a buffer that is used again.
    this.#whole?.push(Buffer.from(piece));
    this.#keepTail(piece);
  }

  /** Throws a SyntaxError if the answer does not end with a JSON line. */
  last(): LastLine {
    const tail = this.#tail.toString("utf8", 0, this.#tailBytes).trimEnd();
    return JSON.parse(tail.slice(tail.lastIndexOf("\n") + 1)) as LastLine;
  }

  /** The text of all lines; undefined if it was not kept. */
  text(): string | undefined {
    if (this.#whole === undefined) return undefined;
    const lines = Buffer.concat(this.#whole).toString("utf8").trimEnd().split("\n");
    return lines.map((line) => (JSON.parse(line) as LastLine).response ?? "").join("");
  }

  #keepTail(piece: Buffer): void {
    const kept = piece.length > TAIL_BYTES ? piece.subarray(piece.length - TAIL_BYTES) : piece;
    const excess = this.#tailBytes + kept.length - TAIL_BYTES;
    if (excess > 0) {
      this.#tail.copyWithin(0, excess, this.#tailBytes);
      this.#tailBytes -= excess;
    }
    kept.copy(this.#tail, this.#tailBytes);
    this.#tailBytes += kept.length;
  }
}
