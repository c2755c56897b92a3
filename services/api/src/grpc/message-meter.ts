import { FlockError } from "@flock/errors";
import type { BodyShare } from "../limits/body-budget.js";

/** Of gRPC's framing: whether a message is compressed, and its length. */
const HEAD_BYTES = 5;
/** Deflate makes no more of a byte. */
const INFLATION_MAX = 1_032;
/** Of a small message. Each piece is kept as it came, at a cost of its own. */
const PIECES_MAX = 1_000;

/**
 * Looks at the bytes of a call's messages before the library keeps them: it would gather any message up to the largest
 * of any method, in however many pieces it comes, and unpack it, before anybody is asked.
 */
export class MessageMeter {
  readonly #bytesMax: number;
  readonly #share: BodyShare | undefined;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #messageBytesLeft = 0;
  #pieces = 0;

  /**
   * @param bytesMax Of a message.
   * @param share What messages are counted to; undefined where they are small.
   */
  constructor(bytesMax: number, share: BodyShare | undefined) {
    this.#bytesMax = bytesMax;
    this.#share = share;
  }

  /**
   * Counts a piece.
   * @throws FlockError `payload_too_large` as soon as a message has said its length; `unimplemented` for a compressed
   *   one where small ones are expected; what a share throws.
   * @returns Whether a message ended in it.
   */
  receive(piece: Buffer): boolean {
    this.#share?.receive(piece.length);
    this.#pieces += 1;
    if (this.#share === undefined && this.#pieces > PIECES_MAX)
      throw new FlockError("invalid_argument", "the request comes in too many pieces");
    let isWhole = false;
    for (let at = 0; at < piece.length; ) {
      if (this.#headBytes < HEAD_BYTES) {
        const end = Math.min(piece.length, at + HEAD_BYTES - this.#headBytes);
        this.#headBytes += piece.copy(this.#head, this.#headBytes, at, end);
        at = end;
        if (this.#headBytes === HEAD_BYTES) this.#announced();
      } else {
        const bytes = Math.min(piece.length - at, this.#messageBytesLeft);
        this.#messageBytesLeft -= bytes;
        at += bytes;
      }
      if (this.#headBytes < HEAD_BYTES || this.#messageBytesLeft > 0) continue;
      this.#headBytes = 0;
      this.#pieces = 0;
      isWhole = true;
    }
    return isWhole;
  }

  /** The head of a message is there. */
  #announced(): void {
    const isCompressed = this.#head[0] === 1;
    const bytes = this.#head.readUInt32BE(1);
    if (bytes > this.#bytesMax)
      throw new FlockError("payload_too_large", `a request has at most ${this.#bytesMax} bytes`);
    this.#messageBytesLeft = bytes;
    this.#share?.announce(bytes);
    if (!isCompressed) return;
    if (this.#share === undefined)
      throw new FlockError("unimplemented", "only requests for inference may be compressed");
    // What it may become: that is known only when it is too late.
    this.#share.receive(Math.min(this.#bytesMax, bytes * INFLATION_MAX));
  }
}
