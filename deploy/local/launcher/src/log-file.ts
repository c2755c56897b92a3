import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

const BYTES_MAX = 8 * 1024 * 1024;
const CHECK_INTERVAL_MS = 5_000;
const TAIL_BYTES = 4_096;

/**
 * The log of one part over all its restarts, at most about 8 MiB and as much again in `<file>.1`. Processes write to
 * its descriptor themselves, so that logging costs the launcher nothing and goes on whatever becomes of it; rotation
 * therefore copies and truncates (the descriptor is in append mode), which may lose the lines of that moment.
 */
export class LogFile {
  readonly path: string;
  /** For a child's stdout and stderr. */
  readonly descriptor: number;
  readonly #timer: NodeJS.Timeout;

  constructor(path: string, checkIntervalMs: number = CHECK_INTERVAL_MS, bytesMax: number = BYTES_MAX) {
    this.path = path;
    this.descriptor = openSync(path, "a+", 0o600);
    this.#timer = setInterval(() => this.#rotate(bytesMax), checkIntervalMs);
    this.#timer.unref();
  }

  write(chunk: Buffer): void {
    try {
      writeSync(this.descriptor, chunk);
    } catch {
      // A full disk must not take the mesh down with it: the line is lost.
    }
  }

  /** Where what is written next will begin, for {@link LogFile.lastLines}. */
  end(): number {
    return fstatSync(this.descriptor).size;
  }

  /** The last lines written since `from`, indented, for an error message. */
  lastLines(count: number, from: number): string {
    const end = this.end();
    const start = Math.max(from, end - TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, end - start));
    readSync(this.descriptor, buffer, 0, buffer.length, start);
    const lines = buffer
      .toString("utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
    return lines
      .slice(-count)
      .map((line) => `    ${line}`)
      .join("\n");
  }

  close(): void {
    clearInterval(this.#timer);
    closeSync(this.descriptor);
  }

  #rotate(bytesMax: number): void {
    try {
      if (fstatSync(this.descriptor).size <= bytesMax) return;
      copyFileSync(this.path, `${this.path}.1`);
      ftruncateSync(this.descriptor);
    } catch {
      // Removed by hand or a full disk: the next look may succeed.
    }
  }
}
