import { closeSync, openSync, readSync } from "node:fs";
import { FlockError } from "@flock/errors";
import { LINES_PER_LEAF } from "./leaves.js";
import { LINE_BYTES_MAX } from "./parse-line.js";

/** Reads up to `length` bytes into `into` at `offset`; gives how many, 0 at the end. */
export type ReadInto = (into: Buffer, offset: number, length: number) => number;

/** The lines of one leaf, in a buffer that is used again for the next. */
export interface LineBlock {
  readonly bytes: Buffer;
  /** At least 1: the byte before belongs to nobody, and neither does the one behind the last line. */
  readonly start: number;
  /** Where each line ends, behind its "\n"; the first `lines` entries are valid. */
  readonly lineEnds: Int32Array;
  readonly lines: number;
}

const NEWLINE = 0x0a;
const BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * Gives a statement's bytes to `onBlock`, leaf by leaf, in constant memory.
 * @throws FlockError `invalid_argument` for a line that is too long or has no end.
 */
function readBlocks(read: ReadInto, onBlock: (block: LineBlock) => void): void {
  const bytes = Buffer.allocUnsafe(1 + BUFFER_BYTES + 1);
  const lineEnds = new Int32Array(LINES_PER_LEAF);
  let [start, end] = [1, 1];
  for (;;) {
    const count = read(bytes, end, bytes.length - 1 - end);
    end += count;
    let lines = 0;
    let lineStart = start;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, lineStart);
      const isWhole = newline !== -1 && newline < end;
      if ((isWhole ? newline : end) - lineStart >= LINE_BYTES_MAX) throw fault("a line is too long");
      if (!isWhole) break;
      lineStart = newline + 1;
      lineEnds[lines] = lineStart;
      lines += 1;
      if (lines === LINES_PER_LEAF) {
        onBlock({ bytes, start, lineEnds, lines });
        start = lineStart;
        lines = 0;
      }
    }
    if (count === 0) {
      if (lineStart !== end) throw fault("the last line is not ended");
      if (lines > 0) onBlock({ bytes, start, lineEnds, lines });
      return;
    }
    // The lines of a leaf that is not whole move to the front, and are looked through again.
    bytes.copy(bytes, 1, start, end);
    [start, end] = [1, 1 + end - start];
  }
}

/**
 * {@link readBlocks} for a file, read synchronously: for commands, not for services.
 * @throws FlockError `not_found` when it cannot be opened.
 */
export function readBlocksOfFile(path: string, onBlock: (block: LineBlock) => void): void {
  const file = openForReading(path);
  try {
    readBlocks((into, offset, length) => readSync(file, into, offset, length, null), onBlock);
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new FlockError("not_found", `the file ${path} cannot be opened`, { cause });
  }
}

function fault(why: string): FlockError {
  return new FlockError("invalid_argument", `this is not an epoch statement: ${why}`);
}
