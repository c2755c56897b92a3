import {
  BUCKETS,
  CatalogueEntry,
  canonicalModelName,
  decodeWire,
  type MessageCodec,
  modelToken,
  WorkerSnapshot,
  WorkerState,
} from "@flock/proto";
import type { KvWatchEntry } from "@nats-io/kv";
import type { Mesh } from "../nats/connection.js";
import { openBucket } from "../nats/streams.js";
import type { Part } from "../runtime/lifecycle.js";
import { delay, retryUntilDone } from "../runtime/retry-until-done.js";

const ENTRY_BYTES_MAX = 256 * 1024;
const RESTART_WAIT_MS = 500;

/**
 * A live, in-memory copy of one key-value bucket of protobuf messages, by key. Entries that cannot be read are left
 * out. It follows the bucket for as long as its part runs, also across restarts of NATS.
 */
class BucketMirror<T extends { version: number }> {
  readonly entries = new Map<string, T>();
  #synced = false;

  constructor(
    private readonly mesh: Mesh,
    private readonly bucket: (typeof BUCKETS)[keyof typeof BUCKETS],
    private readonly codec: MessageCodec<T>,
  ) {}

  get isSynced(): boolean {
    return this.#synced;
  }

  async follow(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await retryUntilDone(`watch ${this.bucket}`, this.mesh.logger, () => this.#watchOnce(stop), stop);
      await delay(RESTART_WAIT_MS, stop);
    }
  }

  async #watchOnce(stop: AbortSignal): Promise<void> {
    const kv = await openBucket(this.mesh, this.bucket);
    const stale = new Set(this.entries.keys());
    let initialised = false;
    const watch = await kv.watch();
    const onStop = (): void => watch.stop();
    stop.addEventListener("abort", onStop, { once: true });
    try {
      // An empty bucket sends no entry to tell that the first pass is over.
      const { values } = await kv.status();
      if (values === 0) this.#synced = true;
      for await (const entry of watch) {
        this.#apply(entry);
        stale.delete(entry.key);
        if (!initialised && entry.delta === 0) {
          initialised = true;
          for (const key of stale) this.entries.delete(key);
          this.#synced = true;
        }
      }
    } finally {
      stop.removeEventListener("abort", onStop);
      watch.stop();
    }
  }

  #apply(entry: KvWatchEntry): void {
    if (entry.operation !== "PUT") {
      this.entries.delete(entry.key);
      return;
    }
    const decoded = decodeWire(this.codec, entry.value, ENTRY_BYTES_MAX);
    if (decoded.ok) this.entries.set(entry.key, decoded.message);
    else this.mesh.dropped.drop(`bucket ${this.bucket}`, decoded.reason, { key: entry.key });
  }
}

/** A model that live workers have: its catalogue entry, and how much of it there is now. */
export interface ModelAvailability {
  readonly entry: CatalogueEntry;
  /** Live workers that have it, whether they take jobs or not. */
  readonly workers: number;
  /** Those of them that take jobs. A model without any is offered, but cannot be used now. */
  readonly ready: number;
  /** Jobs that the ready ones run at once, all their models together. */
  readonly slots: number;
  /** The ready ones that have it in memory. */
  readonly loaded: number;
}

/** What can be asked for, without a call: the catalogue and the live workers, followed from their buckets. */
export class CatalogueView implements Part {
  readonly name = "catalogue view";
  readonly #models: BucketMirror<CatalogueEntry>;
  readonly #workers: BucketMirror<WorkerSnapshot>;

  constructor(mesh: Mesh) {
    this.#models = new BucketMirror(mesh, BUCKETS.models, CatalogueEntry);
    this.#workers = new BucketMirror(mesh, BUCKETS.workers, WorkerSnapshot);
  }

  async start(stop: AbortSignal): Promise<void> {
    await Promise.all([this.#models.follow(stop), this.#workers.follow(stop)]);
  }

  notReady(): string | undefined {
    return this.#models.isSynced && this.#workers.isSynced ? undefined : "catalogue not read yet";
  }

  /**
   * The catalogue entry of a model by any of its names (`llama3` is `llama3:latest`); undefined: nobody ever offered
   * it.
   */
  find(model: string): CatalogueEntry | undefined {
    const canonical = canonicalModelName(model);
    if (canonical === undefined) return undefined;
    const entry = this.#models.entries.get(modelToken(canonical));
    return entry?.name === canonical ? entry : undefined;
  }

  /** Live workers, ready or not, whose snapshot has not run out. */
  liveWorkers(nowUnixMs = Date.now()): WorkerSnapshot[] {
    return [...this.#workers.entries.values()].filter(
      (worker) => worker.expiresUnixMs > nowUnixMs && worker.state !== WorkerState.LEFT,
    );
  }

  /** The models that can be used now: those that ready workers serve, newest first. */
  available(nowUnixMs = Date.now()): ModelAvailability[] {
    return this.offered(nowUnixMs).filter((model) => model.ready > 0);
  }

  /** The models that live workers have, also those whose workers all are paused or leave; newest first. */
  offered(nowUnixMs = Date.now()): ModelAvailability[] {
    const copies = new Map<string, Copy[]>();
    for (const worker of this.liveWorkers(nowUnixMs)) {
      for (const { name, loaded } of worker.models)
        copies.set(name, [...(copies.get(name) ?? []), { worker, loaded }]);
    }
    return [...this.#models.entries.values()]
      .flatMap((entry) => {
        const ofModel = copies.get(entry.name);
        return ofModel === undefined ? [] : [availabilityOf(entry, ofModel)];
      })
      .sort((a, b) => b.entry.modifiedUnixMs - a.entry.modifiedUnixMs);
  }
}

/** A model at one worker. */
interface Copy {
  readonly worker: WorkerSnapshot;
  readonly loaded: boolean;
}

function availabilityOf(entry: CatalogueEntry, copies: readonly Copy[]): ModelAvailability {
  const ready = copies.filter(({ worker }) => worker.state === WorkerState.READY);
  return {
    entry,
    workers: copies.length,
    ready: ready.length,
    slots: ready.reduce((slots, { worker }) => slots + worker.slots, 0),
    loaded: ready.filter(({ loaded }) => loaded).length,
  };
}
