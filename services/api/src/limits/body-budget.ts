import { FlockError } from "@flock/errors";
import type { ApiMetrics } from "../metrics.js";

/** So much of each body is not counted: nearly all requests are smaller, and none of them is refused for the others. */
const FREE_BYTES = 64 * 1024;
/** One account has at most this part of the whole, so that it takes several to leave nothing for the others. */
const ACCOUNT_PART = 1 / 4;
/** However small, a piece that is kept costs this much. */
const PIECE_BYTES = 256;
/** Bodies come and go within seconds. */
const RETRY_MS = 1_000;

type Refused = "account" | "all";

/** What the bodies of all requests may hold in this process at once; else clients together could exhaust its memory. */
export class BodyBudget {
  readonly #bytesMax: number;
  readonly #metrics: Pick<ApiMetrics, "bodyBytes" | "bodyRefused">;
  #bytes = 0;
  /** By account; one that holds nothing is not here. */
  readonly #ofAccount = new Map<string, number>();

  constructor(bytesMax: number, metrics: Pick<ApiMetrics, "bodyBytes" | "bodyRefused">) {
    this.#bytesMax = bytesMax;
    this.#metrics = metrics;
  }

  /** For the body of one request. Its taker releases it when the request is over. */
  share(accountId: string): BodyShare {
    return new BodyShare(
      (bytes) => this.#take(accountId, bytes),
      (bytes) => this.#check(accountId, bytes),
    );
  }

  /** @param bytes Negative: given back. */
  #take(accountId: string, bytes: number): void {
    if (bytes > 0) this.#check(accountId, bytes);
    this.#bytes += bytes;
    this.#metrics.bodyBytes(bytes);
    const held = (this.#ofAccount.get(accountId) ?? 0) + bytes;
    if (held > 0) this.#ofAccount.set(accountId, held);
    else this.#ofAccount.delete(accountId);
  }

  #check(accountId: string, bytes: number): void {
    const accountMax = this.#bytesMax * ACCOUNT_PART;
    if ((this.#ofAccount.get(accountId) ?? 0) + bytes > accountMax)
      throw this.#refusal(
        "account",
        `too much at once: the requests of this account that are under way may have ${accountMax} bytes together`,
      );
    if (this.#bytes + bytes > this.#bytesMax)
      throw this.#refusal("all", "the requests under way are too large together, please try again");
  }

  #refusal(refused: Refused, message: string): FlockError {
    this.#metrics.bodyRefused(refused);
    const code = refused === "account" ? "resource_exhausted" : "unavailable";
    return new FlockError(code, message, { retry: { afterMs: RETRY_MS } });
  }
}

/** What one request's body holds of the {@link BodyBudget}. */
export class BodyShare {
  readonly #take: (bytes: number) => void;
  readonly #check: (bytes: number) => void;
  #received = 0;
  #taken = 0;
  #isReleased = false;

  constructor(take: (bytes: number) => void, check: (bytes: number) => void) {
    this.#take = take;
    this.#check = check;
  }

  /**
   * Looks whether a body of this length would find room now: who announces too much need not send it.
   * @throws FlockError as {@link receive}.
   */
  announce(bytes: number): void {
    if (bytes > FREE_BYTES) this.#check(bytes - FREE_BYTES);
  }

  /**
   * Counts a piece that is kept.
   * @throws FlockError `resource_exhausted` when the bodies of its account have too much, `unavailable` when all have.
   */
  receive(bytes: number): void {
    this.#received += Math.max(bytes, PIECE_BYTES);
    const more = this.#received - FREE_BYTES - this.#taken;
    if (more <= 0 || this.#isReleased) return;
    this.#take(more);
    this.#taken += more;
  }

  /** Gives all of it back, at most once. */
  release(): void {
    this.#isReleased = true;
    if (this.#taken > 0) this.#take(-this.#taken);
    this.#taken = 0;
  }
}
