import { type Clock, delay, type Mesh, openBucket, type Part, retryUntilDone, Wake } from "@flock/mesh";
import { BUCKETS, decodeWire, encode, isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { WorkerSnapshot } from "@flock/proto/workers";
import type { KV } from "@nats-io/kv";
import type { Registry } from "./domain/registry.js";
import type { Worker } from "./domain/worker.js";

const REFRESH_MS = 10_000;
/** Changes are collected for this long. */
const DEBOUNCE_MS = 50;
const RETRY_MS = 500;
/** An entry outlives two refreshes that fail or come late. */
const SNAPSHOT_LIFE_MS = 25_000;
const SNAPSHOT_BYTES_MAX = 256 * 1024;
const WRITES_AT_ONCE = 64;

/**
 * Keeps bucket WORKERS equal to the registry: an entry is written when its worker changes (not for each lease), again
 * every {@link REFRESH_MS}, and deleted when the worker is gone. With several routers each writes what it sees, which
 * is the same. At the start the registry is filled from it.
 */
export class SnapshotWriter implements Part {
  readonly name = "worker snapshots";
  readonly #wake = new Wake();
  readonly #changed = new Set<string>();
  #kv: KV | undefined;

  constructor(
    private readonly mesh: Mesh,
    private readonly registry: Registry,
    private readonly clock: Clock,
  ) {}

  /** The worker came, changed or went. */
  touch(workerId: string): void {
    this.#changed.add(workerId);
    this.#wake.call();
  }

  /** Reads what the last router knew; calls `take` for each worker whose snapshot has not run out. */
  async restore(take: (snapshot: WorkerSnapshot) => void, stop: AbortSignal): Promise<void> {
    const snapshots = await retryUntilDone("read snapshots", this.mesh.logger, () => this.#readAll(), stop);
    const unixMs = this.clock.unixMs();
    for (const snapshot of snapshots ?? []) if (snapshot.expiresUnixMs > unixMs) take(snapshot);
  }

  async start(stop: AbortSignal): Promise<void> {
    let refreshedAtMs = this.clock.nowMs();
    while (!stop.aborted) {
      await this.#wake.wait(stop, Math.max(0, refreshedAtMs + REFRESH_MS - this.clock.nowMs()));
      await delay(DEBOUNCE_MS, stop);
      if (stop.aborted) return;
      if (this.clock.nowMs() - refreshedAtMs >= REFRESH_MS) {
        refreshedAtMs = this.clock.nowMs();
        for (const { workerId } of this.registry.workers) this.#changed.add(workerId);
      }
      if (!(await this.#writeChanged())) {
        this.#wake.call();
        await delay(RETRY_MS, stop);
      }
    }
  }

  /** False if some could not be written; they stay marked. */
  async #writeChanged(): Promise<boolean> {
    if (!this.mesh.isConnected()) return this.#changed.size === 0;
    const changed = [...this.#changed];
    for (let from = 0; from < changed.length; from += WRITES_AT_ONCE) {
      const batch = changed.slice(from, from + WRITES_AT_ONCE);
      for (const workerId of batch) this.#changed.delete(workerId);
      try {
        await Promise.all(batch.map((workerId) => this.#write(workerId)));
      } catch (error) {
        for (const workerId of batch) this.#changed.add(workerId);
        this.#kv = undefined;
        this.mesh.logger.warn({ err: error }, "worker snapshots not written yet");
        return false;
      }
    }
    return true;
  }

  async #write(workerId: string): Promise<void> {
    this.#kv ??= await openBucket(this.mesh, BUCKETS.workers);
    const worker = this.registry.find(workerId);
    if (worker === undefined) await this.#kv.delete(workerId);
    else await this.#kv.put(workerId, encode(WorkerSnapshot, this.#snapshotOf(worker)));
  }

  #snapshotOf(worker: Worker): WorkerSnapshot {
    return {
      version: PROTOCOL_VERSION,
      workerId: worker.workerId,
      state: worker.state,
      slots: worker.slotCount,
      active: worker.slots.leases,
      models: [...worker.admitted.values()],
      expiresUnixMs: this.clock.unixMs() + SNAPSHOT_LIFE_MS,
      isBridged: worker.isBridged,
      hardware: worker.hardware,
      engine: worker.engine,
      isQuarantined: worker.isQuarantined,
      breaker: worker.breaker.state(this.clock.nowMs()),
    };
  }

  async #readAll(): Promise<WorkerSnapshot[]> {
    const kv = await openBucket(this.mesh, BUCKETS.workers);
    const snapshots: WorkerSnapshot[] = [];
    for await (const key of await kv.keys()) {
      const entry = isSubjectToken(key) ? await kv.get(key) : null;
      if (entry?.operation !== "PUT") continue;
      const decoded = decodeWire(WorkerSnapshot, entry.value, SNAPSHOT_BYTES_MAX);
      if (decoded.ok && decoded.message.workerId === key) snapshots.push(decoded.message);
    }
    return snapshots;
  }
}
