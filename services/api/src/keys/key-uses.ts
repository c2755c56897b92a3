import { type Clock, type Part, repeat } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { KeyStore } from "../store/key-store.js";

export interface KeyUsesOptions {
  readonly store: Pick<KeyStore, "used">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How soon a use is written down of a key that was at rest: people try a key, and look. Default: two seconds. */
  readonly intervalMs?: number;
}

/** A key that is in use all the time is written down no more often. */
const WRITTEN_AFTER_MS = 60_000;
const WRITTEN_AT_ONCE_MAX = 1_000;

/**
 * Writes down when keys were used last, behind the requests: a few keys at a time, and each once a minute at most. What
 * is forgotten when the process dies is the last minute.
 */
export class KeyUses implements Part {
  readonly name = "key uses";
  readonly #options: KeyUsesOptions;
  /** Unix milliseconds of the last use, of keys of which it is not written down. */
  readonly #waiting = new Map<string, number>();
  /** When a key was written down, if that is less than a minute ago. */
  readonly #written = new Map<string, number>();

  constructor(options: KeyUsesOptions) {
    this.#options = options;
  }

  note(keyId: string): void {
    this.#waiting.set(keyId, this.#options.clock.unixMs());
  }

  start(stop: AbortSignal): Promise<void> {
    const { logger, intervalMs = 2_000 } = this.#options;
    const options = { name: this.name, logger, intervalMs, hasLastRound: true };
    return repeat(options, () => this.#write(stop.aborted), stop);
  }

  /** True if there is more to write at once. */
  async #write(isLast: boolean): Promise<boolean> {
    const nowMs = this.#options.clock.nowMs();
    for (const [keyId, atMs] of this.#written)
      if (nowMs - atMs >= WRITTEN_AFTER_MS) this.#written.delete(keyId);
    const due = [...this.#waiting].filter(([keyId]) => isLast || !this.#written.has(keyId));
    if (due.length === 0) return false;
    const batch = isLast ? due : due.slice(0, WRITTEN_AT_ONCE_MAX);
    await this.#options.store.used(new Map(batch));
    for (const [keyId, unixMs] of batch) {
      this.#written.set(keyId, nowMs);
      // Unless it was used again meanwhile.
      if (this.#waiting.get(keyId) === unixMs) this.#waiting.delete(keyId);
    }
    return batch.length < due.length;
  }
}
