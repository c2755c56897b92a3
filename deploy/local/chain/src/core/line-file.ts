import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { FlockError } from "@flock/errors";

/** Where an entry is in the journal. */
export interface EntryPosition {
  /** In bytes from the chain's beginning, whichever file has it now. */
  readonly offset: number;
  readonly bytes: number;
}

/** A line, its end included, and where in the journal it begins. */
export interface Line {
  readonly offset: number;
  readonly bytes: Buffer;
}

const READ_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** An append-only file of lines: the journal from `start` on. */
export class LineFile {
  readonly path: string;
  readonly start: number;
  readonly #fd: number;
  #end: number;

  constructor(path: string, start: number) {
    this.path = path;
    this.start = start;
    this.#fd = openSync(path, "a+", 0o600);
    this.#end = start + fstatSync(this.#fd).size;
  }

  /** Where the next line will begin. */
  get end(): number {
    return this.#end;
  }

  get bytes(): number {
    return this.#end - this.start;
  }

  /** Appends whole lines. */
  append(lines: Uint8Array): void {
    let written = 0;
    while (written < lines.length) written += writeSync(this.#fd, lines, written);
    this.#end += lines.length;
  }

  /** @throws FlockError `failed_precondition` when the file ends before. */
  read({ offset, bytes }: EntryPosition): Buffer {
    const read = Buffer.alloc(bytes);
    if (readAt(this.#fd, read, offset - this.start) < bytes) throw damaged(this.path, offset - this.start);
    return read;
  }

  /**
   * The whole lines from a line's beginning on.
   * @returns where the last of them ends: behind it is what a crash tore, if anything.
   */
  *lines(from: number): Generator<Line, number> {
    let offset = from;
    let rest = Buffer.alloc(0);
    for (let at = from - this.start; at < this.bytes; ) {
      const chunk = Buffer.alloc(Math.min(READ_BYTES, this.bytes - at));
      at += readAt(this.#fd, chunk, at);
      rest = Buffer.concat([rest, chunk]);
      for (const line of wholeLines(rest, offset)) {
        yield line;
        offset = line.offset + line.bytes.length;
      }
      rest = rest.subarray(rest.lastIndexOf(NEWLINE) + 1);
    }
    return offset;
  }

  /** Removes everything from `offset` on. */
  cutOff(offset: number): void {
    ftruncateSync(this.#fd, offset - this.start);
    this.#end = offset;
  }

  /** Has the disk keep all that was appended. */
  sync(): void {
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Closes and deletes it. */
  remove(): void {
    this.close();
    rmSync(this.path);
  }
}

/** The whole lines of bytes that begin at `offset` of the journal. */
export function* wholeLines(bytes: Buffer, offset: number): Generator<Line> {
  let begin = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
    yield { offset: offset + begin, bytes: bytes.subarray(begin, end + 1) };
    begin = end + 1;
  }
}

/** Fills `target` from a file's byte `at`; returns how many bytes there were. */
export function readAt(fd: number, target: Uint8Array, at: number): number {
  let filled = 0;
  while (filled < target.length) {
    const count = readSync(fd, target, filled, target.length - filled, at + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** What cannot be read and is nobody's unfinished business. */
export function damaged(path: string, byte: number, cause?: unknown): FlockError {
  return new FlockError("failed_precondition", `${path} is damaged at byte ${byte}`, { cause });
}
