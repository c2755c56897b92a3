import { closeSync, openSync, readSync, writeSync } from "node:fs";

const BYTES = 16;

/** The newest slot and its time. */
export interface SlotMark {
  readonly slot: number;
  /** Unix time of the slot in milliseconds. */
  readonly timeMs: number;
}

/**
 * A file of 16 bytes that is overwritten at every slot, so that no slot is ever told twice, whenever the process is
 * killed.
 */
export class SlotFile {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(BYTES);

  constructor(file: string) {
    this.#fd = openSync(file, "a+", 0o600);
    closeSync(this.#fd);
    this.#fd = openSync(file, "r+");
  }

  /** Undefined in a new file. */
  read(): SlotMark | undefined {
    if (readSync(this.#fd, this.#buffer, 0, BYTES, 0) < BYTES) return undefined;
    return { slot: this.#buffer.readDoubleLE(0), timeMs: this.#buffer.readDoubleLE(8) };
  }

  write({ slot, timeMs }: SlotMark): void {
    this.#buffer.writeDoubleLE(slot, 0);
    this.#buffer.writeDoubleLE(timeMs, 8);
    writeSync(this.#fd, this.#buffer, 0, BYTES, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
