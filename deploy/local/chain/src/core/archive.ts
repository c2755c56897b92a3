import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { damaged, type EntryPosition, readAt } from "./line-file.js";
import { forkSchema, type TransactionRecord, transactionErrorSchema } from "./transaction-record.js";

/** What a block has of each transaction so that it can be found without unpacking the lines. */
const archivedSchema = z.object({
  signature: z.string(),
  slot: z.number(),
  blockTime: z.number(),
  err: transactionErrorSchema,
  memo: z.string().nullable(),
  /** The addresses it names, as indexes into the block's. */
  named: z.array(z.number()),
  /** Where its line is in the journal. */
  offset: z.number(),
  bytes: z.number(),
});

const indexSchema = z.object({
  addresses: z.array(z.string()),
  /** Those that were not undone by a fork. */
  transactions: z.array(archivedSchema),
  forks: z.array(forkSchema),
});

/** What a block is about. Final: no fork can undo any of it. */
export type BlockIndex = z.infer<typeof indexSchema>;

/** Makes the index of one block. */
export class BlockIndexBuilder {
  readonly #addresses = new Map<string, number>();
  readonly #transactions: BlockIndex["transactions"] = [];
  readonly #forks: BlockIndex["forks"] = [];

  addTransaction(record: TransactionRecord, { offset, bytes }: EntryPosition): void {
    const { signature, slot, blockTime, memo, meta } = record;
    const named = record.addresses.map((address) => {
      const index = this.#addresses.get(address) ?? this.#addresses.size;
      this.#addresses.set(address, index);
      return index;
    });
    this.#transactions.push({ signature, slot, blockTime, err: meta.err, memo, named, offset, bytes });
  }

  addFork(fork: BlockIndex["forks"][number]): void {
    this.#forks.push(fork);
  }

  build(): BlockIndex {
    return { addresses: [...this.#addresses.keys()], transactions: this.#transactions, forks: this.#forks };
  }
}

/** A line in front of each block: which bytes of the journal it has, and how many it takes for index and lines. */
const headSchema = z.object({
  start: z.number(),
  bytes: z.number(),
  indexBytes: z.number(),
  linesBytes: z.number(),
});

interface Block extends z.infer<typeof headSchema> {
  /** Where in the file the head and the index begin, and where the lines end. */
  readonly headAt: number;
  readonly indexAt: number;
  readonly end: number;
}

const HEAD_BYTES_MAX = 200;
/** Unpacked blocks that are kept: a reader of one transaction will soon read the next. */
const KEPT_BLOCKS = 4;

/**
 * The journal's final part, packed to a tenth: an append-only file of blocks, each with the lines as they were (gzip,
 * with its checksum) and an index, which is all that a start reads.
 */
export class Archive {
  readonly #path: string;
  readonly #fd: number;
  readonly #blocks: Block[] = [];
  /** By the block's start. */
  readonly #unpacked = new Map<number, Buffer>();

  /**
   * @param doubtedFrom the place in the journal from which on files still have what is archived: there, a block that is
   *   not whole is one that a crash tore, and is cut off.
   * @throws FlockError `failed_precondition` when any other is not.
   */
  constructor(path: string, doubtedFrom: number) {
    this.#path = path;
    this.#fd = openSync(path, "a+", 0o600);
    const { size } = fstatSync(this.#fd);
    for (let at = 0; at < size; ) {
      const block = this.#blockAt(at, size);
      const isWhole = block !== undefined && (block.start < doubtedFrom || this.#canBeUnpacked(block));
      if (isWhole) {
        this.#blocks.push(block);
        at = block.end;
      } else if (this.end >= doubtedFrom) {
        ftruncateSync(this.#fd, at);
        return;
      } else {
        throw damaged(path, at);
      }
    }
  }

  /** Up to where in the journal it has everything. */
  get end(): number {
    const last = this.#blocks.at(-1);
    return last === undefined ? 0 : last.start + last.bytes;
  }

  /** Appends the journal's next lines. They are on the disk when this returns. */
  append(lines: Buffer, index: BlockIndex): void {
    const packedIndex = gzipSync(JSON.stringify(index));
    const packedLines = gzipSync(lines);
    const head = {
      start: this.end,
      bytes: lines.length,
      indexBytes: packedIndex.length,
      linesBytes: packedLines.length,
    };
    const headLine = Buffer.from(`${JSON.stringify(head)}\n`);
    const all = Buffer.concat([headLine, packedIndex, packedLines]);
    let written = 0;
    while (written < all.length) written += writeSync(this.#fd, all, written);
    fsyncSync(this.#fd);
    const headAt = this.#blocks.at(-1)?.end ?? 0;
    this.#blocks.push({ ...head, headAt, indexAt: headAt + headLine.length, end: headAt + all.length });
  }

  /** The index of every block, oldest first. */
  *indexes(): Generator<BlockIndex> {
    for (const block of this.#blocks) yield this.#index(block);
  }

  /** Each block's lines and where in the journal they begin, oldest first. */
  *contents(): Generator<{ readonly start: number; readonly lines: Buffer }> {
    for (const block of this.#blocks) yield { start: block.start, lines: this.#lines(block) };
  }

  /** A line that is archived. */
  read({ offset, bytes }: EntryPosition): Buffer {
    const block = this.#blocks.findLast(({ start }) => start <= offset);
    if (block === undefined) throw damaged(this.#path, 0);
    const begin = offset - block.start;
    return this.#lines(block).subarray(begin, begin + bytes);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #blockAt(headAt: number, size: number): Block | undefined {
    const bytes = Buffer.alloc(Math.min(HEAD_BYTES_MAX, size - headAt));
    readAt(this.#fd, bytes, headAt);
    try {
      const line = bytes.subarray(0, bytes.indexOf("\n") + 1);
      const head = headSchema.parse(JSON.parse(line.toString("latin1")));
      const indexAt = headAt + line.length;
      const end = indexAt + head.indexBytes + head.linesBytes;
      return head.start === this.end && end <= size ? { ...head, headAt, indexAt, end } : undefined;
    } catch {
      return undefined; // No head, or half of one.
    }
  }

  #canBeUnpacked(block: Block): boolean {
    try {
      this.#index(block);
      this.#lines(block);
      return true;
    } catch {
      return false;
    }
  }

  #index(block: Block): BlockIndex {
    try {
      const packed = this.#packed(block.indexAt, block.indexBytes);
      return indexSchema.parse(JSON.parse(gunzipSync(packed).toString("utf8")));
    } catch (error) {
      throw damaged(this.#path, block.headAt, error);
    }
  }

  #lines(block: Block): Buffer {
    const known = this.#unpacked.get(block.start);
    if (known !== undefined) return known;
    let lines: Buffer;
    try {
      lines = gunzipSync(this.#packed(block.indexAt + block.indexBytes, block.linesBytes));
    } catch (error) {
      throw damaged(this.#path, block.headAt, error);
    }
    for (const oldest of [...this.#unpacked.keys()].slice(0, 1 - KEPT_BLOCKS)) this.#unpacked.delete(oldest);
    this.#unpacked.set(block.start, lines);
    return lines;
  }

  #packed(at: number, bytes: number): Buffer {
    const packed = Buffer.alloc(bytes);
    readAt(this.#fd, packed, at);
    return packed;
  }
}
