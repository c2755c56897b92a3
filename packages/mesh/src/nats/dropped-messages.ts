import type { Counter, Logger, Meter } from "@flock/observability";
import { type Decoded, decodeWire, type MessageCodec } from "@flock/proto";

/** A dropped message is logged at most this often per subject pattern, with how many were dropped since. */
const LOG_INTERVAL_MS = 10_000;

interface Drops {
  loggedAtMs: number;
  sinceLogged: number;
}

/**
 * Counts messages that are not taken (oversized, malformed, of an unknown version, from nobody we know) and logs them
 * at a bounded rate, so that a flood of bad messages fills neither the log nor the disk.
 */
export class DroppedMessages {
  readonly #logger: Logger;
  readonly #counter: Counter;
  readonly #drops = new Map<string, Drops>();

  constructor(logger: Logger, meter: Meter) {
    this.#logger = logger;
    this.#counter = meter.createCounter("mesh_dropped_messages", {
      description:
        "Messages dropped because they were oversized, malformed, of an unknown version or unexpected",
    });
  }

  /** `source` is a subject pattern (few, fixed values), `reason` a metric label. */
  drop(
    source: string,
    reason: string,
    details: Readonly<Record<string, string | number | undefined>> = {},
  ): void {
    this.#counter.add(1, { source, reason });
    const key = `${source} ${reason}`;
    const nowMs = performance.now();
    const drops = this.#drops.get(key) ?? { loggedAtMs: Number.NEGATIVE_INFINITY, sinceLogged: 0 };
    drops.sinceLogged += 1;
    if (nowMs - drops.loggedAtMs >= LOG_INTERVAL_MS) {
      this.#logger.warn({ source, reason, dropped: drops.sinceLogged, ...details }, "messages dropped");
      drops.loggedAtMs = nowMs;
      drops.sinceLogged = 0;
    }
    this.#drops.set(key, drops);
  }

  /** {@link decodeWire}, with anything refused counted as dropped; undefined then. */
  decode<T extends { version: number }>(
    source: string,
    codec: MessageCodec<T>,
    bytes: Uint8Array,
    bytesMax: number,
  ): T | undefined {
    const decoded: Decoded<T> = decodeWire(codec, bytes, bytesMax);
    if (decoded.ok) return decoded.message;
    this.drop(source, decoded.reason, { bytes: bytes.length });
    return undefined;
  }
}
