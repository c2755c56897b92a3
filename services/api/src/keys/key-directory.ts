import { FlockError } from "@flock/errors";
import { hashApiKey, isApiKey } from "./api-key.js";
import type { KeyIdentity } from "./key-identity.js";

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
  readonly identity: KeyIdentity | undefined;
  freshUntilMs: number;
  /** Revocations may have been missed: it must be looked up before its next use. */
  isSuspect: boolean;
}

/**
 * Who a key belongs to, without a database query for keys in use.
 *
 * | entry     | next use                                                                     |
 * | --------- | ---------------------------------------------------------------------------- |
 * | none      | looked up first; `unavailable` if the database is away                       |
 * | fresh     | taken as it is                                                               |
 * | stale     | a known key: taken as it is, looked up behind it; an unknown one: as if none |
 * | suspect   | looked up first; taken as it is for 2 s if the database is away              |
 *
 * `forget` (a key was revoked) removes an entry at once; `suspectAll` (revocations may have been missed) makes every
 * known key suspect and drops the unknown ones. An entry that a lookup began before `forget` cannot bring back: each
 * counts as a new generation.
 */
export class KeyDirectory {
  readonly #options: Required<KeyDirectoryOptions>;
  /** By hash in hex; in order of use, so that the first is the one to drop. */
  readonly #entries = new Map<string, Entry>();
  readonly #lookups = new Map<string, Promise<KeyIdentity | undefined>>();
  #generation = 0;

  constructor(options: KeyDirectoryOptions) {
    this.#options = {
      lookupTimeoutMs: 2_000,
      clock: () => performance.now(),
      onLookup: () => {},
      ...options,
    };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Undefined: nobody's key, or revoked. Throws `unavailable` if it is not known here and the database is away. */
  identify(apiKey: string): KeyIdentity | undefined | Promise<KeyIdentity | undefined> {
    if (!isApiKey(apiKey)) return undefined;
    const hash = hashApiKey(apiKey);
    const id = hash.toString("hex");
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#lookUp(id, hash);
    if (entry.isSuspect) return this.#confirm(id, hash, entry);
    const isFresh = this.#options.clock() < entry.freshUntilMs;
    if (!isFresh && entry.identity === undefined) return this.#lookUp(id, hash);
    if (!isFresh) void this.#confirm(id, hash, entry);
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    return entry.identity;
  }

  /** The key was revoked. */
  forget(keyId: string): void {
    this.#generation += 1;
    for (const [id, { identity }] of this.#entries) if (identity?.keyId === keyId) this.#entries.delete(id);
  }

  /** Revocations may have been missed. */
  suspectAll(): void {
    this.#generation += 1;
    for (const [id, entry] of this.#entries) {
      if (entry.identity === undefined) this.#entries.delete(id);
      else entry.isSuspect = true;
    }
  }

  /** Looks up what is known already; if that cannot be done now, it stays good for a moment. */
  async #confirm(id: string, hash: Buffer, entry: Entry): Promise<KeyIdentity | undefined> {
    try {
      return await this.#lookUp(id, hash);
    } catch {
      entry.isSuspect = false;
      entry.freshUntilMs = this.#options.clock() + RETRY_MS;
      return entry.identity;
    }
  }

  /** One query at a time per key. */
  #lookUp(id: string, hash: Buffer): Promise<KeyIdentity | undefined> {
    const running = this.#lookups.get(id);
    if (running !== undefined) return running;
    const lookup = this.#query(id, hash).finally(() => this.#lookups.delete(id));
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
    const lifeMs = identity === undefined ? Math.min(RETRY_MS, this.#options.ttlMs) : this.#options.ttlMs;
    this.#entries.delete(id);
    this.#entries.set(id, { identity, freshUntilMs: this.#options.clock() + lifeMs, isSuspect: false });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.entriesMax) break;
      this.#entries.delete(oldest);
    }
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
