/** Pieces from this length on are kept as they are. */
const LARGE_BYTES = 4 * 1024;
const BLOCK_BYTES = 16 * 1024;

/**
 * Bytes that come in pieces. Small ones are copied together: a body that is sent byte by byte, each a chunk of its own,
 * would else take two hundred times its length in memory.
 */
export class ByteBlocks {
  readonly #blocks: Buffer[] = [];
  #block: Buffer | undefined;
  #blockBytes = 0;
  #bytes = 0;

  /** How many there are. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param onHeld Told, before, how much more is held for the piece: nothing, where there is room in a block. */
  push(piece: Buffer, onHeld: (bytes: number) => void): void {
    if (piece.length >= LARGE_BYTES) {
      onHeld(piece.length);
      this.#finishBlock();
      this.#blocks.push(piece);
    } else {
      if (this.#block === undefined || this.#blockBytes + piece.length > this.#block.length) {
        // A body that is small as a whole is not made larger.
        const bytes = this.#bytes === 0 ? LARGE_BYTES : BLOCK_BYTES;
        onHeld(bytes);
        this.#finishBlock();
        this.#block = Buffer.allocUnsafe(bytes);
      }
      piece.copy(this.#block, this.#blockBytes);
      this.#blockBytes += piece.length;
    }
    this.#bytes += piece.length;
  }

  /** All of them in one. */
  whole(): Buffer {
    this.#finishBlock();
    const [only] = this.#blocks;
    return this.#blocks.length === 1 && only !== undefined ? only : Buffer.concat(this.#blocks, this.#bytes);
  }

  #finishBlock(): void {
    if (this.#block !== undefined) this.#blocks.push(this.#block.subarray(0, this.#blockBytes));
    this.#block = undefined;
    this.#blockBytes = 0;
  }
}
