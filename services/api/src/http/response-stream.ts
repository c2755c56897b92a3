import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { AnswerSink, ClientLimits } from "../answers/answer-sink.js";
import type { CutOffReason } from "../request-context.js";

export interface ResponseStreamOptions extends ClientLimits {
  /** The client does not read: its connection is to be destroyed. */
  readonly onCutOff: (reason: CutOffReason) => void;
  /** Told of each write, with the number of pieces in it. */
  readonly onWrite: (pieces: number) => void;
}

/**
 * Pieces that follow a write within the interval go out in the next one, because a write costs as much as making thirty
 * pieces. The interval is 5 ms, and up to 50 ms when hundreds of streams write at once, which keeps the writes of a
 * process at about 20 per millisecond.
 */
const WRITE_INTERVAL_MIN_MS = 5;
const WRITE_INTERVAL_MAX_MS = 50;
const WRITES_PER_MS = 20;
let writeIntervalMs = WRITE_INTERVAL_MIN_MS;

/** Streams to write at the end of this turn of the event loop, and when the interval is over. */
let dueNow: ResponseStream[] = [];
let dueSoon: ResponseStream[] = [];

function flushNow(): void {
  const streams = dueNow;
  dueNow = [];
  writeIntervalMs = Math.max(writeIntervalMs, fairIntervalMs(streams.length));
  for (const stream of streams) stream.flush();
}

function flushSoon(): void {
  const streams = dueSoon;
  dueSoon = [];
  writeIntervalMs = fairIntervalMs(streams.length);
  for (const stream of streams) stream.flush();
}

function fairIntervalMs(writes: number): number {
  return Math.max(WRITE_INTERVAL_MIN_MS, Math.min(writes / WRITES_PER_MS, WRITE_INTERVAL_MAX_MS));
}

/**
 * A response that is written piece by piece. The first piece, the last, and one after a pause go out at the end of
 * their turn of the event loop, with whatever else it brought; pieces that come faster than the write interval share
 * writes, which nobody who reads can see. A client that does not read costs at most `unsentBytesMax` and one write's
 * pieces; past that, or after `stallTimeoutMs` without progress, it is cut off.
 */
export class ResponseStream implements AnswerSink<string> {
  readonly #raw: ServerResponse;
  readonly #options: ResponseStreamOptions;
  #pending = "";
  #pieces = 0;
  #due: "now" | "soon" | undefined;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #isEnding = false;
  #isOver = false;
  /** Bytes that had left us, and since when there was no more of them while others waited. */
  #sentBytes = 0;
  #progressMs = performance.now();

  constructor(raw: ServerResponse, headers: OutgoingHttpHeaders, options: ResponseStreamOptions) {
    this.#raw = raw;
    this.#options = options;
    raw.writeHead(200, headers);
    raw.once("close", () => {
      this.#isOver = true;
      this.#pending = "";
    });
  }

  /** Adds a piece; nothing happens once the response is over. */
  write(piece: string): void {
    if (this.#isOver || this.#isEnding) return;
    this.#append(piece);
    if (this.#due !== undefined) return;
    if (performance.now() - this.#writtenMs >= writeIntervalMs) return this.#flushNow();
    this.#due = "soon";
    if (dueSoon.length === 0) setTimeout(flushSoon, writeIntervalMs);
    dueSoon.push(this);
  }

  /** Adds the last piece and ends the response with this turn's write. */
  end(piece: string): void {
    if (this.#isOver || this.#isEnding) return;
    this.#append(piece);
    this.#isEnding = true;
    if (this.#due !== "now") this.#flushNow();
  }

  /** Writes what this turn has brought. Called by the module itself. */
  flush(): void {
    // In both lists if the end came while pieces waited: the first flush has written everything.
    if (this.#isOver || this.#due === undefined) return;
    this.#due = undefined;
    const nowMs = performance.now();
    this.#writtenMs = nowMs;
    const reason = this.#reasonToCutOff(nowMs);
    if (reason !== undefined) {
      this.#isOver = true;
      this.#options.onCutOff(reason);
      return;
    }
    this.#options.onWrite(this.#pieces);
    if (this.#isEnding) {
      this.#isOver = true;
      this.#raw.end(this.#pending);
    } else this.#raw.write(this.#pending);
    this.#pending = "";
    this.#pieces = 0;
  }

  #append(piece: string): void {
    this.#pending += piece;
    this.#pieces += 1;
  }

  #flushNow(): void {
    this.#due = "now";
    if (dueNow.length === 0) setImmediate(flushNow);
    dueNow.push(this);
  }

  /**
   * Looks at what earlier writes have left, so that a burst within one turn is not held against a client that reads.
   */
  #reasonToCutOff(nowMs: number): CutOffReason | undefined {
    const unsentBytes = this.#raw.writableLength;
    if (unsentBytes > this.#options.unsentBytesMax) return "unsent";
    const { socket } = this.#raw;
    const sentBytes = socket === null ? 0 : socket.bytesWritten - socket.writableLength;
    if (unsentBytes === 0 || sentBytes !== this.#sentBytes) {
      this.#sentBytes = sentBytes;
      this.#progressMs = nowMs;
    }
    return nowMs - this.#progressMs > this.#options.stallTimeoutMs ? "stalled" : undefined;
  }
}
