import type { Mesh } from "@flock/mesh";
import { type ModelDescription, SUBJECTS } from "@flock/proto";
import type { CatalogueKeeper } from "./catalogue-keeper.js";
import type { Clock } from "./clock.js";
import { readModelDescription } from "./domain/model-facts.js";
import type { Worker } from "./domain/worker.js";
import { askForDescription } from "./worker-controls.js";

/** A model is asked about again after this long, of whichever worker is heard next. */
const ASK_INTERVAL_MS = 1_000;
const ASKED_MAX = 1_000;

/** Gets models into the catalogue: asks a worker that serves an unknown model to describe it. */
export class ModelDescriber {
  readonly #asked = new Map<string, { workerId: string; askedAtMs: number }>();

  constructor(
    private readonly mesh: Mesh,
    private readonly catalogue: CatalogueKeeper,
    private readonly clock: Clock,
  ) {}

  /** Asks the worker about those of its models that are in no catalogue yet; one worker per model at a time. */
  askAbout(worker: Worker): void {
    if (!this.catalogue.hasRoom) return;
    const nowMs = this.clock.nowMs();
    for (const model of worker.announced.keys()) {
      if (this.catalogue.has(model)) continue;
      const asked = this.#asked.get(model);
      if (asked !== undefined && nowMs - asked.askedAtMs < ASK_INTERVAL_MS) continue;
      this.#forgetOldest();
      this.#asked.set(model, { workerId: worker.workerId, askedAtMs: nowMs });
      askForDescription(this.mesh, worker.workerId, model);
    }
  }

  /** Enters a described model, if this worker was asked for it and it is the one that it serves. */
  take(description: ModelDescription, worker: Worker): void {
    const facts = readModelDescription(description);
    const isAsked = facts !== undefined && this.#asked.get(facts.name)?.workerId === worker.workerId;
    if (!isAsked || worker.announced.get(facts.name)?.digest !== facts.digest) {
      this.mesh.dropped.drop(SUBJECTS.allHeartbeats, "bad_description", { workerId: worker.workerId });
      return;
    }
    this.#asked.delete(facts.name);
    void this.catalogue.enter(facts);
  }

  #forgetOldest(): void {
    const oldest = this.#asked.keys().next();
    if (this.#asked.size >= ASKED_MAX && !oldest.done) this.#asked.delete(oldest.value);
  }
}
