import { createHash } from "node:crypto";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { FlockError } from "@flock/errors";
import { Archive, type BlockIndex, BlockIndexBuilder } from "./archive.js";
import { syncDirectory } from "./data-directory.js";
import { damaged, type EntryPosition, type Line, LineFile, wholeLines } from "./line-file.js";
import { type JournalEntry, journalEntrySchema } from "./transaction-record.js";

/** How much the journal's files hold. */
export interface JournalSizes {
  /** From how many bytes on a file takes no more entries. */
  readonly fileBytes: number;
  /** From how many bytes on, unpacked, a block of the archive does not. */
  readonly blockBytes: number;
}

/** A block takes about 20 ms to pack and less than one to unpack; a file is repeated in a quarter of a second. */
export const JOURNAL_SIZES: JournalSizes = { fileBytes: 8 << 20, blockBytes: 1 << 20 };

/** Of which entries the archive may have been made. */
export interface ArchiveRules {
  /** Whether nothing that is still to come can undo the entry or needs what it changed. */
  isFinal(entry: JournalEntry): boolean;
  /** Whether the transaction whose line begins at `offset` has not been undone. */
  isStanding(signature: string, offset: number): boolean;
}

const FILE_NAME = /^journal\.(\d+)$/;
const CHECKSUM_CHARACTERS = 16;

function checksum(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, CHECKSUM_CHARACTERS);
}

/**
 * Everything that happened, in order, a line for each entry: a checksum and a JSON object. Positions count from the
 * chain's beginning and never change; only the place of the bytes changes. New lines go to the newest of the files
 * `journal.<position of its first byte>`. Final lines of older files are appended to the {@link Archive}. A file is
 * deleted when all of it is archived. So after a crash at any point each line is in one of the two, or in both.
 *
 * An entry is in the kernel's hands before {@link append} returns, so killing the process loses nothing. Only
 * {@link sync} forces it to the disk, so a loss of power may lose the last entries (never an earlier one without the
 * later ones).
 */
export class Journal {
  readonly #directory: string;
  readonly #sizes: JournalSizes;
  readonly #archive: Archive;
  /** Oldest first; all but the last are complete. */
  readonly #files: LineFile[];

  /** @throws FlockError `failed_precondition` when a part of it is damaged or missing. */
  constructor(directory: string, sizes = JOURNAL_SIZES) {
    this.#directory = directory;
    this.#sizes = sizes;
    this.#files = openFiles(directory);
    const [first] = this.#files;
    this.#archive = new Archive(join(directory, "archive"), first?.start ?? Number.POSITIVE_INFINITY);
    this.#removeArchived();
    let end = this.#archive.end;
    for (const file of this.#files) {
      if (file.start > end || (file.start < end && file !== this.#files[0])) throw damaged(file.path, 0);
      end = file.end;
    }
    if (this.#files.length === 0) this.#begin(end);
  }

  /** Where the next entry will begin. */
  get end(): number {
    return this.#newest.end;
  }

  /** Up to where entries are archived. */
  get archivedEnd(): number {
    return this.#archive.end;
  }

  /** Appends entries in one write: after a crash either all of them are there or a torn tail that is cut off. */
  append(entries: readonly JournalEntry[]): EntryPosition[] {
    const lines = entries.map((entry) => {
      const json = JSON.stringify(entry);
      return Buffer.from(`${checksum(json)} ${json}\n`);
    });
    let offset = this.end;
    this.#newest.append(Buffer.concat(lines));
    return lines.map((line) => {
      const position = { offset, bytes: line.length };
      offset += line.length;
      return position;
    });
  }

  /** The entry at a position that {@link append}, {@link replay} or the archive gave. */
  read(position: EntryPosition): JournalEntry {
    const { offset } = position;
    const file = this.#files.findLast(({ start }) => start <= offset);
    const isArchived = file === undefined || offset < this.#archive.end;
    return this.#parse({ offset, bytes: isArchived ? this.#archive.read(position) : file.read(position) });
  }

  /** What is archived, without the entries themselves, oldest first. */
  archived(): Generator<BlockIndex> {
    return this.#archive.indexes();
  }

  /**
   * All entries from the beginning, or from the end of the archive. A last line that a crash tore is cut off: it was
   * never reported.
   * @throws FlockError `failed_precondition` when any other line cannot be read.
   */
  *replay(from: "beginning" | "archive"): Generator<EntryPosition & { readonly entry: JournalEntry }> {
    const contents = from === "beginning" ? this.#archive.contents() : [];
    for (const { start, lines } of contents) {
      for (const line of wholeLines(lines, start)) yield this.#entryOf(line);
    }
    for (const file of this.#files) {
      const lines = file.lines(Math.max(file.start, this.#archive.end));
      let next = lines.next();
      for (; !next.done; next = lines.next()) yield this.#entryOf(next.value);
      if (next.value === file.end) continue;
      if (file !== this.#newest) throw damaged(file.path, next.value - file.start);
      file.cutOff(next.value);
    }
  }

  /** Whether there is a file that takes no more entries and is not archived whole. */
  get hasFullFile(): boolean {
    return this.#files.length > 1;
  }

  /** Begins a new file if the newest is full. True: it was. */
  beginFileIfFull(): boolean {
    if (this.#newest.bytes < this.#sizes.fileBytes) return false;
    this.sync();
    this.#begin(this.end);
    return true;
  }

  /**
   * Archives the oldest lines that are not archived yet, as many as make a block, if they are in a full file and final.
   * @returns whether they were, so that it is worth asking again.
   */
  archiveBlock({ isFinal, isStanding }: ArchiveRules): boolean {
    const [file] = this.#files;
    if (file === undefined || file === this.#newest) return false;
    const lines: Buffer[] = [];
    const index = new BlockIndexBuilder();
    let bytes = 0;
    for (const line of file.lines(this.#archive.end)) {
      const { entry, ...position } = this.#entryOf(line);
      if (!isFinal(entry)) return false;
      if (entry.kind === "fork") index.addFork(entry);
      else if (isStanding(entry.record.signature, line.offset)) index.addTransaction(entry.record, position);
      lines.push(line.bytes);
      bytes += line.bytes.length;
      if (bytes >= this.#sizes.blockBytes) break;
    }
    this.#archive.append(Buffer.concat(lines), index.build());
    this.#removeArchived();
    return true;
  }

  /** Has the disk keep all that was appended. */
  sync(): void {
    this.#newest.sync();
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#archive.close();
  }

  get #newest(): LineFile {
    const newest = this.#files.at(-1);
    if (newest === undefined) throw new FlockError("internal", "a journal without files");
    return newest;
  }

  #begin(start: number): void {
    this.#files.push(new LineFile(fileOf(this.#directory, start), start));
    syncDirectory(this.#directory);
  }

  /** Deletes the files that the archive has whole, but never the one that takes new entries. */
  #removeArchived(): void {
    for (let [first] = this.#files; this.#files.length > 1; [first] = this.#files) {
      if (first === undefined || first.end > this.#archive.end) return;
      this.#files.shift();
      first.remove();
    }
  }

  #entryOf(line: Line): EntryPosition & { readonly entry: JournalEntry } {
    return { offset: line.offset, bytes: line.bytes.length, entry: this.#parse(line) };
  }

  #parse({ offset, bytes }: Line): JournalEntry {
    const text = bytes.toString("utf8");
    const json = text.slice(CHECKSUM_CHARACTERS + 1, -1);
    try {
      if (text.slice(0, CHECKSUM_CHARACTERS) !== checksum(json)) throw new Error("wrong checksum");
      return journalEntrySchema.parse(JSON.parse(json));
    } catch (error) {
      throw damaged(join(this.#directory, "journal"), offset, error);
    }
  }
}

function fileOf(directory: string, start: number): string {
  return join(directory, `journal.${start}`);
}

/** The files of a directory, oldest first. Once there was only one, without a number. */
function openFiles(directory: string): LineFile[] {
  const only = join(directory, "journal");
  if (existsSync(only)) renameSync(only, fileOf(directory, 0));
  const starts = readdirSync(directory).flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []);
  return starts
    .map(Number)
    .sort((a, b) => a - b)
    .map((start) => new LineFile(fileOf(directory, start), start));
}
