import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { AnswerSink, ClientLimits } from "../answers/answer-sink.js";
import { WriteTurn } from "../answers/write-turn.js";
import type { CutOffReason } from "../request-context.js";

export interface ResponseStreamOptions extends ClientLimits {
  /** The client does not read: its connection is to be destroyed. */
  readonly onCutOff: (reason: CutOffReason) => void;
  /** Told of each write, with the number of pieces in it. */
  readonly onWrite: (pieces: number) => void;
}

/**
 * A response that is written piece by piece, as {@link WriteTurn} says when. A client that does not read costs at most
 * `unsentBytesMax` and one write's pieces; past that, or after `stallTimeoutMs` without progress, it is cut off.
 */
export class ResponseStream implements AnswerSink<string> {
  readonly #raw: ServerResponse;
  readonly #options: ResponseStreamOptions;
  #pending = "";
  #pieces = 0;
  readonly #turn = new WriteTurn((nowMs) => this.#flush(nowMs));
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
    this.#turn.piece();
  }

  /** Adds the last piece and ends the response with this turn's write. */
  end(piece: string): void {
    if (this.#isOver || this.#isEnding) return;
    this.#append(piece);
    this.#isEnding = true;
    this.#turn.last();
  }

  /** Writes what this turn has brought. */
  #flush(nowMs: number): void {
    if (this.#isOver) return;
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
