import { FlockConnectionError } from "./errors.js";

/** Why a request may end before its time: its caller wants it no more, or it took too long. */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #caller: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #timeout: AbortController = new AbortController();
  readonly #timeoutMs: number;

  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
    this.#timer = setTimeout(() => this.#timeout.abort(), timeoutMs);
    const own = this.#timeout.signal;
    this.signal = caller === undefined ? own : AbortSignal.any([own, caller]);
  }

  /** From now on time does not count. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  /** What a failure of the request is to its caller: the reason that he gave himself, if he gave it up. */
  failureOf(cause: unknown): unknown {
    if (this.#caller?.aborted === true) return this.#caller.reason;
    if (this.#timeout.signal.aborted)
      return new FlockConnectionError("timeout", `no answer within ${this.#timeoutMs} ms`, cause);
    return new FlockConnectionError("unreachable", "the network cannot be reached", cause);
  }
}

/** Resolves after so long; rejects with the signal's reason if that comes first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted === true) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
