import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import type { ApiMetrics } from "../metrics.js";
import { AddressRanges, clientOf } from "./client-address.js";
import { TokenBuckets } from "./token-buckets.js";

/** What a request without a credential costs: a read of what others know; or a write, a signature check, an effect. */
export type OpenRequestKind = "read" | "write";

export interface OpenLimitsOptions {
  /** Of each client, in total over all routes of the kind. */
  readonly perMinute: Readonly<Record<OpenRequestKind, number>>;
  /** Keys and sessions that are nobody's, of each client. */
  readonly wrongKeysPerMinute: number;
  /** Of each wallet and each worker's key, signed by it, from wherever. */
  readonly walletPerMinute: number;
  /** Addresses and ranges of clients that are not limited. */
  readonly unlimitedClients: readonly string[];
  readonly metrics: Pick<ApiMetrics, "openRequestRefused">;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly clock?: () => number;
}

/** Ten megabytes or so of buckets of each kind, when a flood comes from as many addresses. */
const CLIENTS_MAX = 50_000;
const WALLETS_MAX = 20_000;
const LOG_INTERVAL_MS = 10_000;

/**
 * What anybody may ask of this process without a key or a session: so many requests per minute from each client, and so
 * many signed by each wallet. A wallet is counted once its signature proves that the request is its own: else anybody
 * could lock it out by naming it.
 */
export class OpenLimits {
  readonly #options: Required<OpenLimitsOptions>;
  readonly #unlimited: AddressRanges;
  readonly #clients: Readonly<Record<OpenRequestKind, TokenBuckets>>;
  readonly #wrongKeys: TokenBuckets;
  readonly #wallets: TokenBuckets;
  #refusedUnlogged = 0;
  #nextLineMs = Number.NEGATIVE_INFINITY;

  constructor(options: OpenLimitsOptions) {
    this.#options = { clock: () => performance.now(), ...options };
    const { unlimitedClients, clock } = this.#options;
    this.#unlimited = new AddressRanges(unlimitedClients);
    this.#clients = {
      read: new TokenBuckets(CLIENTS_MAX, clock),
      write: new TokenBuckets(CLIENTS_MAX, clock),
    };
    this.#wrongKeys = new TokenBuckets(CLIENTS_MAX, clock);
    this.#wallets = new TokenBuckets(WALLETS_MAX, clock);
  }

  /** Counts a request from this address; `resource_exhausted` if it is one too many, with when to try again. */
  refusalOfClient(address: string, kind: OpenRequestKind): FlockError | undefined {
    if (this.#unlimited.has(address)) return undefined;
    const client = clientOf(address);
    const perMinute = this.#options.perMinute[kind];
    const waitMs = this.#clients[kind].take(client, perMinute);
    if (waitMs === 0) return undefined;
    this.#options.metrics.openRequestRefused(kind);
    this.#log(client);
    const what = kind === "read" ? "reads" : "requests";
    return new FlockError(
      "resource_exhausted",
      `too many requests from your address: it may send ${perMinute} ${what} per minute without a key or a session`,
      { retry: { afterMs: waitMs }, details: { perMinute } },
    );
  }

  /** Counts a key or session from this address that is nobody's. */
  countWrongKey(address: string): void {
    if (this.#unlimited.has(address)) return;
    this.#wrongKeys.take(clientOf(address), this.#options.wrongKeysPerMinute);
  }

  /** `resource_exhausted` if this address has sent too many that are nobody's, with when to try again. */
  refusalOfGuesses(address: string): FlockError | undefined {
    if (this.#unlimited.has(address)) return undefined;
    const client = clientOf(address);
    const waitMs = this.#wrongKeys.waitMs(client, this.#options.wrongKeysPerMinute);
    if (waitMs === 0) return undefined;
    this.#options.metrics.openRequestRefused("wrong_key");
    this.#log(client);
    return new FlockError(
      "resource_exhausted",
      `too many wrong API keys from your address: ${this.#options.wrongKeysPerMinute} per minute are looked at`,
      { retry: { afterMs: waitMs } },
    );
  }

  /**
   * Counts what a wallet has signed.
   * @throws FlockError `resource_exhausted` if it is one too many, with when to try again.
   */
  admitWallet(address: string): void {
    this.#admitSigner(address, "wallet");
  }

  /** Likewise, what a worker's key has signed: it takes nothing from what its wallet may sign. */
  admitWorkerKey(key: string): void {
    this.#admitSigner(key, "worker's key");
  }

  #admitSigner(id: string, kind: string): void {
    const { walletPerMinute, metrics } = this.#options;
    const waitMs = this.#wallets.take(id, walletPerMinute);
    if (waitMs === 0) return;
    metrics.openRequestRefused("wallet");
    throw new FlockError(
      "resource_exhausted",
      `too many requests of this ${kind}: it may send ${walletPerMinute} signed texts per minute`,
      { retry: { afterMs: waitMs }, details: { walletPerMinute } },
    );
  }

  /** One line for all refusals of an interval: who sends too much does not get to fill the log as well. */
  #log(client: string): void {
    const nowMs = this.#options.clock();
    this.#refusedUnlogged += 1;
    if (nowMs < this.#nextLineMs) return;
    this.#options.logger.warn(
      { client, refused: this.#refusedUnlogged },
      "clients send too many open requests",
    );
    this.#refusedUnlogged = 0;
    this.#nextLineMs = nowMs + LOG_INTERVAL_MS;
  }
}
