import type { BUCKETS } from "@flock/proto";
import type { KV, KvWatchEntry } from "@nats-io/kv";
import type { Mesh } from "../nats/connection.js";
import { openBucket } from "../nats/streams.js";
import { delay } from "../runtime/delay.js";
import { retryUntilDone } from "../runtime/retry-until-done.js";

/** A copy of a bucket, as its follower sees it. */
export interface BucketCopy {
  /** The bucket has this value now. What cannot be read, the copy leaves as it was; it reports that itself. */
  put(entry: KvWatchEntry, bucket: KV): Promise<void> | void;
  /** The bucket has nothing under this key any more. */
  remove(key: string): void;
  /** The keys of everything that it holds. */
  keys(): Iterable<string>;
}

export interface BucketFollowerOptions {
  readonly mesh: Mesh;
  readonly bucket: (typeof BUCKETS)[keyof typeof BUCKETS];
  /** The one key that is followed; default: all. */
  readonly key?: string;
  readonly copy: BucketCopy;
}

const RESTART_WAIT_MS = 200;

/**
 * Keeps a copy of a key-value bucket current for as long as it runs: whatever happens to NATS meanwhile, in the end the
 * copy holds the entries of the bucket, and no others.
 *
 * A watch that NATS has forgotten ends only after a while, and it does not report changes that were made while the
 * connection was away. So each reconnection begins a new watch, and entries of the copy that its first pass does not
 * show are removed. For an empty bucket the watch does not even show the end of the pass, so the follower asks for it.
 */
export class BucketFollower {
  /** Settles when the bucket has been read once. */
  readonly loaded: Promise<void>;
  readonly #options: BucketFollowerOptions;
  #isLoaded = false;
  #markLoaded: () => void = () => {};
  #endWatch: () => void = () => {};

  constructor(options: BucketFollowerOptions) {
    this.#options = options;
    this.loaded = new Promise((resolve) => {
      this.#markLoaded = resolve;
    });
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Follows the bucket until `stop` is aborted; once. */
  async follow(stop: AbortSignal): Promise<void> {
    const { mesh, bucket } = this.#options;
    mesh.onReconnect(() => this.#endWatch());
    stop.addEventListener("abort", () => this.#endWatch(), { once: true });
    while (!stop.aborted) {
      await retryUntilDone(`follow bucket ${bucket}`, mesh.logger, () => this.#watch(stop), stop);
      await delay(RESTART_WAIT_MS, stop);
    }
  }

  async #watch(stop: AbortSignal): Promise<void> {
    const { mesh, bucket, key, copy } = this.#options;
    let isEnded = false;
    let watch: Awaited<ReturnType<KV["watch"]>> | undefined;
    // Before anything is asked: a reconnection while it is being opened ends it as well.
    this.#endWatch = () => {
      isEnded = true;
      watch?.stop();
    };
    const kv = await openBucket(mesh, bucket);
    const stale = new Set(copy.keys());
    watch = await kv.watch(key === undefined ? {} : { key });
    if (isEnded || stop.aborted) watch.stop();
    try {
      const isEmpty = key === undefined ? (await kv.status()).values === 0 : (await kv.get(key)) === null;
      if (isEmpty) this.#finishPass(stale);
      for await (const entry of watch) {
        stale.delete(entry.key);
        if (entry.operation === "PUT") await copy.put(entry, kv);
        else copy.remove(entry.key);
        if (entry.delta === 0) this.#finishPass(stale);
      }
    } finally {
      watch.stop();
    }
  }

  #finishPass(stale: Set<string>): void {
    for (const key of stale) this.#options.copy.remove(key);
    stale.clear();
    this.#isLoaded = true;
    this.#markLoaded();
  }
}
