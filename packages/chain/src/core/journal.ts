import { createHash } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { FlockError } from "@flock/errors";
import { type JournalEntry, journalEntrySchema } from "./transaction-record.js";

/** Where an entry is in the file. */
export interface EntryPosition {
  readonly offset: number;
  readonly bytes: number;
}

const READ_BYTES = 1 << 20;
const NEWLINE = 0x0a;

const CHECKSUM_CHARACTERS = 16;

function checksum(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, CHECKSUM_CHARACTERS);
}

/**
 * Append-only file of everything that happened, a line for each entry: a checksum and a JSON object. An entry is in the kernel's hands before
 * {@link append} returns, so killing the process loses nothing; the disk is told to keep it only when {@link sync} is
 * called, so losing power may lose the last entries (never an earlier one without the later ones).
 */
export class Journal {
  readonly #file: string;
  readonly #fd: number;
  #end: number;

  constructor(file: string) {
    this.#file = file;
    this.#fd = openSync(file, "a+", 0o600);
    this.#end = fstatSync(this.#fd).size;
  }

  /** Where the next entry will begin. */
  get end(): number {
    return this.#end;
  }

  /** Appends entries in one write: after a crash either all of them are there or a torn tail that is cut off. */
  append(entries: readonly JournalEntry[]): EntryPosition[] {
    const lines = entries.map((entry) => {
      const json = JSON.stringify(entry);
      return Buffer.from(`${checksum(json)} ${json}\n`);
    });
    const all = Buffer.concat(lines);
    let written = 0;
    while (written < all.length) written += writeSync(this.#fd, all, written);
    return lines.map((line) => {
      const position = { offset: this.#end, bytes: line.length };
      this.#end += line.length;
      return position;
    });
  }

  /** The entry at a position that {@link append} or {@link replay} gave. */
  read({ offset, bytes }: EntryPosition): JournalEntry {
    const line = Buffer.alloc(bytes);
    let filled = 0;
    while (filled < bytes) {
      const count = readSync(this.#fd, line, filled, bytes - filled, offset + filled);
      if (count === 0) throw this.#damaged(offset);
      filled += count;
    }
    return this.#parse(line, offset);
  }

  /**
   * All entries from the beginning. A last line that a crash tore is cut off the file: nobody was told of it.
   * @throws FlockError `failed_precondition` when a line before the last cannot be read.
   */
  *replay(): Generator<EntryPosition & { readonly entry: JournalEntry }> {
    let offset = 0;
    let rest = Buffer.alloc(0);
    const chunk = Buffer.alloc(READ_BYTES);
    for (let at = 0; at < this.#end; ) {
      const count = readSync(this.#fd, chunk, 0, READ_BYTES, at);
      if (count === 0) break;
      at += count;
      rest = Buffer.concat([rest, chunk.subarray(0, count)]);
      let begin = 0;
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, begin)) {
        const line = rest.subarray(begin, end + 1);
        yield { offset, bytes: line.length, entry: this.#parse(line, offset) };
        offset += line.length;
        begin = end + 1;
      }
      rest = rest.subarray(begin);
    }
    if (rest.length > 0) ftruncateSync(this.#fd, offset);
    this.#end = offset;
  }

  /** Has the disk keep all that was appended. */
  sync(): void {
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #parse(line: Buffer, offset: number): JournalEntry {
    const text = line.toString("utf8");
    const json = text.slice(CHECKSUM_CHARACTERS + 1, -1);
    if (text.slice(0, CHECKSUM_CHARACTERS) !== checksum(json)) throw this.#damaged(offset);
    try {
      return journalEntrySchema.parse(JSON.parse(json));
    } catch (error) {
      throw this.#damaged(offset, error);
    }
  }

  #damaged(offset: number, cause?: unknown): FlockError {
    return new FlockError("failed_precondition", `${this.#file} is damaged at byte ${offset}`, { cause });
  }
}
