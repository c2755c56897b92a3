import { FlockError } from "@flock/errors";
import { LRUCache } from "lru-cache";
import type { KeyIdentity } from "../identity.js";
import { API_KEYS, hashSecret } from "./bearer-secret.js";

export interface KeyDirectoryOptions {
  /** Looks a key up by its hash; throws `unavailable` if that cannot be done now. */
  readonly find: (hash: Buffer) => Promise<KeyIdentity | undefined>;
  readonly entriesMax: number;
  /** After this time an entry is looked up again, in the background; a safety net behind the revocation messages. */
  readonly ttlMs: number;
  /** A lookup that takes longer counts as `unavailable`; default 2 000. */
  readonly lookupTimeoutMs?: number;
  /** Monotonic milliseconds. */
  readonly clock?: () => number;
  readonly onLookup?: (result: "found" | "unknown" | "unavailable") => void;
}

/** How long a key that could not be checked is trusted before the next try, and an unknown one is refused unasked. */
const RETRY_MS = 2_000;

interface Entry {
  readonly identity: KeyIdentity;
  freshUntilMs: number;
  /** Revocations may have been missed: it must be looked up before its next use. */
  isSuspect: boolean;
}

/**
 * Who a key belongs to, without a database query for keys in use.
 *
 * | key               | next use                                                        |
 * | ----------------- | --------------------------------------------------------------- |
 * | not seen          | looked up first; `unavailable` if the database is away          |
 * | known, fresh      | taken as it is                                                  |
 * | known, stale      | taken as it is, and looked up behind the request                |
 * | known, suspect    | looked up first; taken as it is for 2 s if the database is away |
 * | nobody's          | refused for 2 s, then as if not seen                            |
 *
 * `forget` (a key was revoked) removes it at once; `suspectAll` (revocations may have been missed) makes every known
 * key suspect. Each of them begins a new generation: the result of a lookup that began before is not kept. Unknown keys
 * are remembered apart, so that guesses do not drive out the keys in use.
 */
export class KeyDirectory {
  readonly #options: Required<KeyDirectoryOptions>;
  /** By hash in hex. */
  readonly #entries: LRUCache<string, Entry>;
  /** Hashes of keys that are nobody's, for as long as that is believed. */
  readonly #nobodys: LRUCache<string, true>;
  readonly #lookups = new Map<string, Promise<KeyIdentity | undefined>>();
  #generation = 0;

  constructor(options: KeyDirectoryOptions) {
    this.#options = {
      lookupTimeoutMs: 2_000,
      clock: () => performance.now(),
      onLookup: () => {},
      ...options,
    };
    const { entriesMax: max, clock: now } = this.#options;
    this.#entries = new LRUCache({ max });
    this.#nobodys = new LRUCache({ max, ttl: RETRY_MS, perf: { now }, ttlResolution: 0 });
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Undefined: nobody's key, or revoked. Throws `unavailable` if it is not known here and the database is away.
   * @param onUnknown Called before anything is done about a key that is not known here; it may throw.
   */
  identify(
    apiKey: string,
    onUnknown: () => void = () => {},
  ): KeyIdentity | undefined | Promise<KeyIdentity | undefined> {
    const hash = API_KEYS.matches(apiKey) ? hashSecret(apiKey) : undefined;
    const id = hash?.toString("hex") ?? "";
    const entry = this.#entries.get(id);
    if (entry === undefined) onUnknown();
    if (hash === undefined) return undefined;
    if (entry === undefined) return this.#nobodys.has(id) ? undefined : this.#lookUp(id, hash);
    if (entry.isSuspect) return this.#confirm(id, hash, entry);
    if (this.#options.clock() >= entry.freshUntilMs) void this.#confirm(id, hash, entry);
    return entry.identity;
  }

  /** The key was revoked. */
  forget(keyId: string): void {
    this.#beginGeneration();
    for (const [id, { identity }] of this.#entries) if (identity.keyId === keyId) this.#entries.delete(id);
  }

  /** Revocations may have been missed. */
  suspectAll(): void {
    this.#beginGeneration();
    this.#nobodys.clear();
    for (const entry of this.#entries.values()) entry.isSuspect = true;
  }

  /** Running lookups may have read outdated rows: requests from now on are not answered by them. */
  #beginGeneration(): void {
    this.#generation += 1;
    this.#lookups.clear();
  }

  /** Looks up what is known already; if that cannot be done now, it stays good for a moment. */
  async #confirm(id: string, hash: Buffer, entry: Entry): Promise<KeyIdentity | undefined> {
    const generation = this.#generation;
    try {
      return await this.#lookUp(id, hash);
    } catch {
      // Away, not wrong: see the table. If revocations may have been missed once more, it stays suspect.
      if (generation === this.#generation) entry.isSuspect = false;
      entry.freshUntilMs = this.#options.clock() + RETRY_MS;
      return entry.identity;
    }
  }

  /** One query at a time per key. */
  #lookUp(id: string, hash: Buffer): Promise<KeyIdentity | undefined> {
    const running = this.#lookups.get(id);
    if (running !== undefined) return running;
    const lookup = this.#query(id, hash).finally(() => {
      if (this.#lookups.get(id) === lookup) this.#lookups.delete(id);
    });
    this.#lookups.set(id, lookup);
    return lookup;
  }

  async #query(id: string, hash: Buffer): Promise<KeyIdentity | undefined> {
    const generation = this.#generation;
    let identity: KeyIdentity | undefined;
    try {
      identity = await this.#inTime(this.#options.find(hash));
    } catch (thrown) {
      this.#options.onLookup("unavailable");
      throw unavailable(thrown);
    }
    this.#options.onLookup(identity === undefined ? "unknown" : "found");
    if (generation === this.#generation) this.#keep(id, identity);
    return identity;
  }

  #keep(id: string, identity: KeyIdentity | undefined): void {
    const { clock, ttlMs } = this.#options;
    this.#entries.delete(id);
    this.#nobodys.delete(id);
    if (identity === undefined) this.#nobodys.set(id, true);
    else this.#entries.set(id, { identity, freshUntilMs: clock() + ttlMs, isSuspect: false });
  }

  async #inTime<T>(lookup: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new FlockError("unavailable", "the database did not answer in time")),
        this.#options.lookupTimeoutMs,
      );
    });
    try {
      return await Promise.race([lookup, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What the client is told, whatever went wrong: its key cannot be checked at the moment. */
function unavailable(cause: unknown): FlockError {
  return new FlockError("unavailable", "API keys cannot be checked at the moment, please try again", {
    cause,
    retry: { afterMs: RETRY_MS },
  });
}
