import type { Clock, Mesh } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import type { ModelDescription, ServedModel } from "@flock/proto/workers";
import { LRUCache } from "lru-cache";
import type { CatalogueKeeper } from "./catalogue-keeper.js";
import { type ContestedPins, equalsPin } from "./domain/contested-pins.js";
import { readModelDescription } from "./domain/model-facts.js";
import type { Registry } from "./domain/registry.js";
import type { Worker } from "./domain/worker.js";
import type { WorkerControls } from "./worker-controls.js";

/** A model is asked about again after this long, of whichever worker is heard next. */
const ASK_INTERVAL_MS = 1_000;
const ASKED_MAX = 1_000;
/** Whether a pin is to be renewed is looked up this often per model, however many workers have another one. */
const LOOK_INTERVAL_MS = 1_000;

export interface ModelDescriberParts {
  readonly mesh: Mesh;
  readonly catalogue: CatalogueKeeper;
  readonly registry: Registry;
  readonly pins: ContestedPins;
  readonly controls: WorkerControls;
  readonly clock: Clock;
}

/**
 * Gets models into the catalogue: asks a worker that serves a model to describe it, if the model is unknown or its pin
 * is to be renewed.
 */
export class ModelDescriber {
  readonly #parts: ModelDescriberParts;
  readonly #asked = new LRUCache<string, { workerId: string; askedAtMs: number }>({ max: ASKED_MAX });
  /** Model -> the context of the workers that may renew its pin, looked up at `atMs`; undefined: it is not renewed. */
  readonly #renewals = new Map<string, { atMs: number; context: number | undefined }>();

  constructor(parts: ModelDescriberParts) {
    this.#parts = parts;
  }

  /** Asks the worker about those of its models that the catalogue needs to know of; one worker per model at a time. */
  askAbout(worker: Worker): void {
    // It repeats what somebody told it: what a model is, the catalogue learns from workers that have it.
    if (worker.isBridged) return;
    const nowMs = this.#parts.clock.nowMs();
    for (const [model, served] of worker.announced) {
      if (!this.#isWanted(model, served, nowMs)) continue;
      const asked = this.#asked.get(model);
      if (asked !== undefined && nowMs - asked.askedAtMs < ASK_INTERVAL_MS) continue;
      this.#asked.set(model, { workerId: worker.workerId, askedAtMs: nowMs });
      this.#parts.controls.askForDescription(worker.workerId, model);
    }
  }

  /** Enters a described model, if this worker was asked for it and it is the one that it serves. */
  take(description: ModelDescription, worker: Worker): void {
    const { mesh, catalogue } = this.#parts;
    const facts = readModelDescription(description);
    const isAsked = facts !== undefined && this.#asked.get(facts.name)?.workerId === worker.workerId;
    const served = isAsked ? worker.announced.get(facts.name) : undefined;
    if (!isAsked || served === undefined || !equalsPin(facts, served)) {
      mesh.dropped.drop(SUBJECTS.allHeartbeats, "bad_description", { workerId: worker.workerId });
      return;
    }
    this.#asked.delete(facts.name);
    void (catalogue.has(facts.name) ? catalogue.renew(facts) : catalogue.enter(facts));
  }

  #isWanted(model: string, served: ServedModel, nowMs: number): boolean {
    const { catalogue, pins } = this.#parts;
    const pin = catalogue.pinOf(model);
    if (pin === undefined) return catalogue.hasRoom;
    if (equalsPin(served, pin)) {
      pins.confirm(model);
      return false;
    }
    let renewal = this.#renewals.get(model);
    if (renewal === undefined || nowMs - renewal.atMs >= LOOK_INTERVAL_MS) {
      renewal = { atMs: nowMs, context: this.#contextToRenewBy(model, nowMs) };
      this.#renewals.set(model, renewal);
    }
    return renewal.context === served.contextLength;
  }

  /** Looks at all workers. */
  #contextToRenewBy(model: string, nowMs: number): number | undefined {
    const { registry, pins } = this.#parts;
    if (registry.standsForPin(model)) pins.confirm(model);
    else if (pins.contest(model, nowMs)) return registry.smallestContextOf(model);
    return undefined;
  }
}
