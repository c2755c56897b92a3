import { BucketFollower, type Mesh, openBucket, type Part } from "@flock/mesh";
import type { ModelPrices } from "@flock/parameters";
import { BUCKETS, canonicalModelName, decodeWire, encode, modelToken, PROTOCOL_VERSION } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import type { KV, KvWatchEntry } from "@nats-io/kv";
import { equalsPin, type Pin } from "./domain/contested-pins.js";
import type { ModelFacts } from "./domain/model-facts.js";
import { createEntry, renameEntry } from "./rename-entry.js";

const ENTRY_BYTES_MAX = 128 * 1024;

export interface CatalogueOptions {
  /** What models cost that are entered by the router. */
  readonly pricesOf: (facts: ModelFacts) => ModelPrices;
  /** No more models are entered than this. */
  readonly modelsMax: number;
}

/**
 * The model catalogue: follows bucket MODELS and enters models that workers describe. The first description of a model
 * pins its digest and context; a worker with another digest or less context does not serve it. A pin that no live
 * worker fits is renewed by the next description (see `domain/contested-pins.ts`).
 */
export class CatalogueKeeper implements Part {
  readonly name = "catalogue";
  /** Settles when the catalogue has been read once. */
  readonly loaded: Promise<void>;
  readonly #follower: BucketFollower;
  readonly #entries = new Map<string, CatalogueEntry>();
  readonly #listeners: ((model: string) => void)[] = [];
  #kv: KV | undefined;
  #entering = 0;

  constructor(
    private readonly mesh: Mesh,
    private readonly options: CatalogueOptions,
  ) {
    this.#follower = new BucketFollower({
      mesh,
      bucket: BUCKETS.models,
      copy: {
        put: (entry, kv) => this.#apply(entry, kv),
        remove: (key) => this.#remove(key),
        keys: () => [...this.#entries.keys()].map(modelToken),
      },
    });
    this.loaded = this.#follower.loaded;
  }

  notReady(): string | undefined {
    return this.#follower.isLoaded ? undefined : "catalogue not read yet";
  }

  has(model: string): boolean {
    return this.#entries.has(model);
  }

  pinOf(model: string): Pin | undefined {
    return this.#entries.get(model);
  }

  /** True while new models may be entered. */
  get hasRoom(): boolean {
    return this.#follower.isLoaded && this.#entries.size + this.#entering < this.options.modelsMax;
  }

  /** `listener` is told the name of each model whose entry came, changed or went. */
  onChange(listener: (model: string) => void): void {
    this.#listeners.push(listener);
  }

  start(stop: AbortSignal): Promise<void> {
    return this.#follower.follow(stop);
  }

  /** Enters a model, unless it has been entered meanwhile (the first description wins) or there is no room. */
  async enter(facts: ModelFacts): Promise<void> {
    if (!this.hasRoom || this.#entries.has(facts.name)) return;
    this.#entering += 1;
    try {
      const entry = this.#entryOf(facts);
      this.#kv ??= await openBucket(this.mesh, BUCKETS.models);
      if (!(await createEntry(this.#kv, entry))) return;
      this.mesh.logger.info({ model: entry.name, digest: entry.digest }, "model entered into the catalogue");
      if (!this.#entries.has(entry.name)) this.#put(entry);
    } catch (error) {
      // The next heartbeat of a worker that serves it leads here again.
      this.#kv = undefined;
      this.mesh.logger.warn({ err: error, model: facts.name }, "model not entered into the catalogue yet");
    } finally {
      this.#entering -= 1;
    }
  }

  /** Renews the entry of a model by another description, unless somebody has changed it meanwhile. */
  async renew(facts: ModelFacts): Promise<void> {
    const before = this.#entries.get(facts.name);
    if (before === undefined) return;
    try {
      this.#kv ??= await openBucket(this.mesh, BUCKETS.models);
      const key = modelToken(facts.name);
      const stored = await this.#kv.get(key);
      if (stored?.operation !== "PUT") return;
      const current = decodeWire(CatalogueEntry, stored.value, ENTRY_BYTES_MAX);
      if (!current.ok || !equalsPin(current.message, before)) return;
      const entry = this.#entryOf(facts);
      await this.#kv.update(key, encode(CatalogueEntry, entry), stored.revision);
      const was = { digest: before.digest, contextLength: before.contextLength };
      const { digest, contextLength } = entry;
      this.mesh.logger.warn({ model: entry.name, was, digest, contextLength }, "model's pin renewed");
      this.#put(entry);
    } catch (error) {
      // The next heartbeat of a worker that serves it leads here again.
      this.#kv = undefined;
      this.mesh.logger.warn({ err: error, model: facts.name }, "model's pin not renewed yet");
    }
  }

  #entryOf(facts: ModelFacts): CatalogueEntry {
    const prices = this.options.pricesOf(facts);
    return CatalogueEntry.fromPartial({ version: PROTOCOL_VERSION, ...facts, ...prices });
  }

  async #apply(watched: KvWatchEntry, kv: KV): Promise<void> {
    const source = `bucket ${BUCKETS.models}`;
    const entry = this.mesh.dropped.decode(source, CatalogueEntry, watched.value, ENTRY_BYTES_MAX);
    if (entry === undefined) return;
    if (modelToken(entry.name) !== watched.key)
      return this.mesh.dropped.drop(source, "wrong_key", { key: watched.key });
    const canonical = canonicalModelName(entry.name);
    if (canonical === undefined) return this.mesh.dropped.drop(source, "bad_name", { key: watched.key });
    const named = canonical === entry.name ? entry : await this.#rename(kv, entry, canonical);
    if (named !== undefined) this.#put(named);
  }

  #remove(key: string): void {
    for (const name of this.#entries.keys())
      if (modelToken(name) === key && this.#entries.delete(name)) this.#tell(name);
  }

  async #rename(kv: KV, entry: CatalogueEntry, name: string): Promise<CatalogueEntry | undefined> {
    this.mesh.logger.info({ model: entry.name, name }, "model entry moved to the model's canonical name");
    return renameEntry(kv, entry, name);
  }

  #put(entry: CatalogueEntry): void {
    const before = this.#entries.get(entry.name);
    this.#entries.set(entry.name, entry);
    if (before === undefined || !equalsPin(entry, before)) this.#tell(entry.name);
  }

  #tell(model: string): void {
    for (const listener of this.#listeners) listener(model);
  }
}
