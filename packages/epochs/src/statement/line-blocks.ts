import { FlockError } from "@flock/errors";
import { LINES_PER_LEAF } from "./leaves.js";
import { LINE_BYTES_MAX } from "./parse-line.js";

/** The lines of one leaf, in memory that is used again for the next. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** At least 1: the byte before belongs to nobody, and neither does the one behind the last line. */
  readonly start: number;
  /** Where each line ends, behind its "\n"; the first `lines` entries are valid. */
  readonly lineEnds: Int32Array;
  readonly lines: number;
}

const NEWLINE = 0x0a;
const BUFFER_BYTES = 1024 * 1024;

/** Cuts a statement's bytes, as they come, into leaves, in constant memory. */
export class LineBlocks {
  readonly #bytes = new Uint8Array(1 + BUFFER_BYTES + 1);
  readonly #lineEnds = new Int32Array(LINES_PER_LEAF);
  readonly #onBlock: (block: LineBlock) => void;
  /** What is not given yet: the lines of a leaf that is not whole. */
  #start = 1;
  #end = 1;

  constructor(onBlock: (block: LineBlock) => void) {
    this.#onBlock = onBlock;
  }

  /** Where the next bytes are to be written: there is always some room. */
  get room(): Uint8Array {
    return this.#bytes.subarray(this.#end, this.#bytes.length - 1);
  }

  /**
   * Takes the first so many bytes of the room.
   * @throws FlockError `invalid_argument` for a line that is too long
   */
  took(count: number): void {
    this.#end += count;
    this.#giveLeaves();
    // The lines of a leaf that is not whole move to the front, and are looked through again.
    this.#bytes.copyWithin(1, this.#start, this.#end);
    [this.#start, this.#end] = [1, 1 + this.#end - this.#start];
  }

  /** {@link took} for bytes from elsewhere. */
  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const { room } = this;
      const part = chunk.subarray(at, at + room.length);
      room.set(part);
      this.took(part.length);
      at += part.length;
    }
  }

  /**
   * Gives the last leaf.
   * @throws FlockError `invalid_argument` for a line that has no end
   */
  end(): void {
    const { lines, lineStart } = this.#giveLeaves();
    if (lineStart !== this.#end) throw fault("the last line is not ended");
    if (lines > 0) this.#give(lines);
    this.#start = this.#end;
  }

  /** Gives every leaf that is whole, and says how many lines are left, and where what is no whole line begins. */
  #giveLeaves(): { lines: number; lineStart: number } {
    const [bytes, end] = [this.#bytes, this.#end];
    // Nobody looks for the end of a line in what is left of bytes before.
    bytes[end] = NEWLINE;
    let lines = 0;
    let lineStart = this.#start;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, lineStart);
      const isWhole = newline < end;
      if (newline - lineStart >= LINE_BYTES_MAX) throw fault("a line is too long");
      if (!isWhole) return { lines, lineStart };
      lineStart = newline + 1;
      this.#lineEnds[lines] = lineStart;
      lines += 1;
      if (lines === LINES_PER_LEAF) {
        this.#give(lines);
        this.#start = lineStart;
        lines = 0;
      }
    }
  }

  #give(lines: number): void {
    this.#onBlock({ bytes: this.#bytes, start: this.#start, lineEnds: this.#lineEnds, lines });
  }
}

function fault(why: string): FlockError {
  return new FlockError("invalid_argument", `this is not an epoch statement: ${why}`);
}
