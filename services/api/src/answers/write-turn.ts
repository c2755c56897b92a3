/**
 * When streamed answers are written. Pieces that follow a write within the interval go out in the next one, because a
 * write costs as much as making thirty pieces. The interval is 5 ms, and up to 50 ms when hundreds of streams write at
 * once, which keeps the writes of a process at about 20 per millisecond, whatever transports they are of.
 */
const WRITE_INTERVAL_MIN_MS = 5;
const WRITE_INTERVAL_MAX_MS = 50;
const WRITES_PER_MS = 20;
let writeIntervalMs = WRITE_INTERVAL_MIN_MS;

/** Streams to write at the end of this turn of the event loop, and when the interval is over. */
let dueNow: WriteTurn[] = [];
let dueSoon: WriteTurn[] = [];

function writeDueNow(): void {
  const turns = dueNow;
  dueNow = [];
  writeIntervalMs = Math.max(writeIntervalMs, fairIntervalMs(turns.length));
  for (const turn of turns) turn.write();
}

function writeDueSoon(): void {
  const turns = dueSoon;
  dueSoon = [];
  writeIntervalMs = fairIntervalMs(turns.length);
  for (const turn of turns) turn.write();
}

function fairIntervalMs(writes: number): number {
  return Math.max(WRITE_INTERVAL_MIN_MS, Math.min(writes / WRITES_PER_MS, WRITE_INTERVAL_MAX_MS));
}

/**
 * One stream's turn to write what has come for it. The first piece, the last, and one after a pause go out at the end
 * of their turn of the event loop, with whatever else it brought; pieces that come faster than the write interval share
 * writes, which nobody who reads can see.
 */
export class WriteTurn {
  readonly #onTurn: (nowMs: number) => void;
  #due: "now" | "soon" | undefined;
  #writtenMs = Number.NEGATIVE_INFINITY;

  /** @param onTurn Writes everything that has come; told the time, on the monotonic clock. */
  constructor(onTurn: (nowMs: number) => void) {
    this.#onTurn = onTurn;
  }

  /** A piece has come. */
  piece(): void {
    if (this.#due !== undefined) return;
    if (performance.now() - this.#writtenMs >= writeIntervalMs) return this.last();
    this.#due = "soon";
    if (dueSoon.length === 0) setTimeout(writeDueSoon, writeIntervalMs);
    dueSoon.push(this);
  }

  /** The last piece has come. */
  last(): void {
    if (this.#due === "now") return;
    this.#due = "now";
    if (dueNow.length === 0) setImmediate(writeDueNow);
    dueNow.push(this);
  }

  /** Called by the module itself. */
  write(): void {
    // In both lists if the end came while pieces waited: the first turn has written everything.
    if (this.#due === undefined) return;
    this.#due = undefined;
    this.#writtenMs = performance.now();
    this.#onTurn(this.#writtenMs);
  }
}
