import { LRUCache } from "lru-cache";
import { type BucketSize, TokenBucket } from "./token-bucket.js";

/** One is caught once in so long, however much it says. */
const CAUGHT_EVERY_MS = 1_000;

interface Sender {
  readonly bucket: TokenBucket;
  caughtAtMs: number;
}

/** Tells who says more than anybody has reason to. */
export class FloodWatch {
  readonly #size: BucketSize;
  readonly #senders: LRUCache<string, Sender>;

  constructor(size: BucketSize, sendersMax: number) {
    this.#size = size;
    this.#senders = new LRUCache({ max: sendersMax });
  }

  /** Counts one more of a sender. `caught`: it is beyond the bound, and that is worth telling again. */
  count(senderId: string, nowMs: number): "within" | "beyond" | "caught" {
    let sender = this.#senders.get(senderId);
    if (sender === undefined) {
      sender = { bucket: new TokenBucket(), caughtAtMs: Number.NEGATIVE_INFINITY };
      this.#senders.set(senderId, sender);
    }
    if (sender.bucket.take(this.#size, nowMs) === 0) return "within";
    if (nowMs - sender.caughtAtMs < CAUGHT_EVERY_MS) return "beyond";
    sender.caughtAtMs = nowMs;
    return "caught";
  }

  /** Whether the sender has nothing left now. */
  isBeyond(senderId: string, nowMs: number): boolean {
    const bucket = this.#senders.peek(senderId)?.bucket;
    return bucket !== undefined && bucket.level(this.#size, nowMs) < 1;
  }
}
