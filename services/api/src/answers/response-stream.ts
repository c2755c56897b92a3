import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { ClientLimits, CutOffReason } from "../http/client-limits.js";

export interface ResponseStreamOptions extends ClientLimits {
  /** The client does not read: its connection is to be destroyed. */
  readonly onCutOff: (reason: CutOffReason) => void;
  /** Told of each write, with the number of pieces in it. */
  readonly onWrite: (pieces: number) => void;
}

/** Streams with something to write at the end of this turn of the event loop. */
let dirty: ResponseStream[] = [];

function flushAll(): void {
  const streams = dirty;
  dirty = [];
  for (const stream of streams) stream.flush();
}

/**
 * A response that is written piece by piece. All pieces of one turn of the event loop go out in one write, without a
 * timer: nothing waits for more. A client that does not read costs at most `unsentBytesMax` and one turn's pieces; past
 * that, or after `stallTimeoutMs` without progress, it is cut off.
 */
export class ResponseStream {
  readonly #raw: ServerResponse;
  readonly #options: ResponseStreamOptions;
  #pending = "";
  #pieces = 0;
  #isDirty = false;
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
    this.#pending += piece;
    this.#pieces += 1;
    this.#schedule();
  }

  /** Adds the last piece and ends the response with this turn's write. */
  end(piece: string): void {
    this.write(piece);
    this.#isEnding = true;
  }

  /** Writes what this turn has brought. Called by the module itself. */
  flush(): void {
    this.#isDirty = false;
    if (this.#isOver) return;
    const reason = this.#reasonToCutOff();
    if (reason !== undefined) {
      this.#isOver = true;
      this.#options.onCutOff(reason);
      return;
    }
    this.#options.onWrite(this.#pieces);
    if (this.#isEnding) this.#raw.end(this.#pending);
    else this.#raw.write(this.#pending);
    this.#pending = "";
    this.#pieces = 0;
  }

  #schedule(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    if (dirty.length === 0) setImmediate(flushAll);
    dirty.push(this);
  }

  /** Looks at what earlier writes have left, so that a burst within one turn is not held against a client that reads. */
  #reasonToCutOff(): CutOffReason | undefined {
    const unsentBytes = this.#raw.writableLength;
    if (unsentBytes > this.#options.unsentBytesMax) return "unsent";
    const { socket } = this.#raw;
    const sentBytes = socket === null ? 0 : socket.bytesWritten - socket.writableLength;
    const nowMs = performance.now();
    if (unsentBytes === 0 || sentBytes !== this.#sentBytes) {
      this.#sentBytes = sentBytes;
      this.#progressMs = nowMs;
    }
    return nowMs - this.#progressMs > this.#options.stallTimeoutMs ? "stalled" : undefined;
  }
}
