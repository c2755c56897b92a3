import { BUCKETS, canonicalModelName, modelToken } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { WorkerSnapshot, WorkerState } from "@flock/proto/workers";
import type { Mesh } from "../nats/connection.js";
import type { Part } from "../runtime/lifecycle.js";
import { MessageCopy } from "./message-copy.js";

/** A model that live workers have: its catalogue entry, and how much of it there is now. */
export interface ModelAvailability {
  readonly entry: CatalogueEntry;
  /** Live workers that have it, whether they take jobs or not. */
  readonly workers: number;
  /** Those of them that take anybody's jobs. A model without any is offered, but cannot be used now. */
  readonly ready: number;
  /** Jobs that the ready ones run at once, all their models together. */
  readonly slots: number;
  /** The ready ones that have it in memory. */
  readonly loaded: number;
}

/** What can be asked for, without a call: the catalogue and the live workers, followed from their buckets. */
export class CatalogueView implements Part {
  readonly name = "catalogue view";
  readonly #models: MessageCopy<CatalogueEntry>;
  readonly #workers: MessageCopy<WorkerSnapshot>;

  constructor(mesh: Mesh) {
    this.#models = new MessageCopy(mesh, BUCKETS.models, CatalogueEntry);
    this.#workers = new MessageCopy(mesh, BUCKETS.workers, WorkerSnapshot);
  }

  async start(stop: AbortSignal): Promise<void> {
    await Promise.all([this.#models.follower.follow(stop), this.#workers.follower.follow(stop)]);
  }

  notReady(): string | undefined {
    return this.#models.follower.isLoaded && this.#workers.follower.isLoaded
      ? undefined
      : "catalogue not read yet";
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

  /** Ids of the ready workers that serve a model, by its catalogue name; quarantined ones are none of them. */
  workersOf(model: string, nowUnixMs = Date.now()): string[] {
    return this.liveWorkers(nowUnixMs).flatMap((worker) =>
      takesJobs(worker) && worker.models.some(({ name }) => name === model) ? [worker.workerId] : [],
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
      for (const { name, loaded } of worker.models) {
        const ofModel = copies.get(name);
        if (ofModel === undefined) copies.set(name, [{ worker, loaded }]);
        else ofModel.push({ worker, loaded });
      }
    }
    return [...this.#models.entries.values()]
      .flatMap((entry) => {
        const ofModel = copies.get(entry.name);
        return ofModel === undefined ? [] : [availabilityOf(entry, ofModel)];
      })
      .sort((a, b) => b.entry.modifiedUnixMs - a.entry.modifiedUnixMs);
  }
}

function takesJobs({ state, isQuarantined }: WorkerSnapshot): boolean {
  return state === WorkerState.READY && !isQuarantined;
}

/** A model at one worker. */
interface Copy {
  readonly worker: WorkerSnapshot;
  readonly loaded: boolean;
}

function availabilityOf(entry: CatalogueEntry, copies: readonly Copy[]): ModelAvailability {
  const ready = copies.filter(({ worker }) => takesJobs(worker));
  return {
    entry,
    workers: copies.length,
    ready: ready.length,
    slots: ready.reduce((slots, { worker }) => slots + worker.slots, 0),
    loaded: ready.filter(({ loaded }) => loaded).length,
  };
}
