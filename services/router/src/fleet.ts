import type { Clock, Mesh } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { type WorkerSnapshot, WorkerState } from "@flock/proto/workers";
import type { CatalogueKeeper } from "./catalogue-keeper.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Announcement } from "./domain/announcement.js";
import type { LeaseOutcome, Registry } from "./domain/registry.js";
import type { Worker } from "./domain/worker.js";
import type { RouterMetrics } from "./metrics.js";
import type { ModelDescriber } from "./model-describer.js";
import type { SnapshotWriter } from "./snapshot-writer.js";
import type { TicketStream } from "./ticket-stream.js";
import { holdOff } from "./worker-controls.js";

export interface FleetParts {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly catalogue: CatalogueKeeper;
  readonly describer: ModelDescriber;
  readonly tickets: TicketStream;
  readonly snapshots: SnapshotWriter;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly metrics: RouterMetrics;
}

/** What follows from a change in the registry: consumers, snapshots, hold-offs, and work for slots that became free. */
export class Fleet {
  readonly #parts: FleetParts;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    parts.catalogue.onChange((model) => this.#onCatalogueChange(model));
  }

  hear(announcement: Announcement): void {
    const { mesh, registry, describer, snapshots, dispatcher, clock } = this.#parts;
    if (announcement.state === WorkerState.LEFT) {
      this.#forget(registry.leave(announcement.workerId), "worker left");
      return;
    }
    const heard = registry.hear(announcement, clock.nowMs());
    if (heard === undefined) {
      mesh.dropped.drop(SUBJECTS.allHeartbeats, "registry_full");
      return;
    }
    const { worker, kind } = heard;
    describer.askAbout(worker);
    if (kind !== "unchanged") {
      const { workerId, state, slotCount } = worker;
      const facts = { workerId, kind, state, slotCount, models: [...worker.admitted.keys()] };
      // A worker can change as often as it likes; it fills no log with that.
      if (kind === "joined") mesh.logger.info(facts, "worker joined");
      else mesh.logger.debug(facts, "worker changed");
      this.#serveModels(worker);
      this.#warnOfOtherDigests(worker);
      snapshots.touch(workerId);
      // It may be another process, which was never told.
      holdOff(mesh, worker, clock.nowMs());
    }
    dispatcher.pump();
  }

  /** Takes a worker over from the last router, until it is heard itself. */
  restore(snapshot: WorkerSnapshot): void {
    const { registry, clock } = this.#parts;
    const heard = registry.hear(
      {
        workerId: snapshot.workerId,
        startedUnixMs: 0,
        state: snapshot.state,
        slotCount: snapshot.slots,
        models: new Map(snapshot.models.map((model) => [model.name, model])),
        active: Array.from({ length: Math.min(snapshot.active, snapshot.slots) }, (_, index) => ({
          jobId: `restored-${index}`,
          lease: 0,
        })),
        intervalMs: 0,
        isBridged: snapshot.isBridged,
      },
      clock.nowMs(),
    );
    if (heard === undefined) return;
    if (snapshot.breaker !== "closed") heard.worker.breaker.suspect(clock.nowMs());
    this.#serveModels(heard.worker);
  }

  /** A lease of the worker's ended. */
  judge(workerId: string, outcome: LeaseOutcome): void {
    const { mesh, registry, snapshots, clock, metrics } = this.#parts;
    const worker = registry.find(workerId);
    const nowMs = clock.nowMs();
    if (worker === undefined) return registry.judgeAbsent(workerId, outcome, nowMs);
    const before = worker.breaker.state(nowMs);
    const hasOpened = registry.judge(worker, outcome, nowMs);
    if (worker.breaker.state(nowMs) !== before) snapshots.touch(workerId);
    if (!hasOpened) return;
    metrics.countBreakerOpened();
    mesh.logger.warn({ workerId, openForMs: worker.breaker.openForMs(nowMs) }, "worker's breaker opened");
    holdOff(mesh, worker, nowMs);
  }

  /** Removes the workers that have fallen silent. */
  expire(): void {
    const { registry, clock } = this.#parts;
    for (const worker of registry.expire(clock.nowMs())) this.#forget(worker, "worker is silent");
  }

  #forget(worker: Worker | undefined, what: string): void {
    if (worker === undefined) return;
    const { mesh, snapshots } = this.#parts;
    mesh.logger.info({ workerId: worker.workerId }, what);
    snapshots.touch(worker.workerId);
  }

  #onCatalogueChange(model: string): void {
    const { registry, snapshots, dispatcher } = this.#parts;
    for (const worker of registry.readmit(model)) {
      this.#serveModels(worker);
      this.#warnOfOtherDigests(worker);
      snapshots.touch(worker.workerId);
    }
    dispatcher.pump(model);
  }

  #serveModels(worker: Worker): void {
    for (const model of worker.admitted.keys()) this.#parts.tickets.serve(model, worker.lane);
  }

  #warnOfOtherDigests(worker: Worker): void {
    const { mesh, catalogue } = this.#parts;
    for (const [model, { digest }] of worker.announced) {
      if (worker.admitted.has(model) || !catalogue.has(model)) continue;
      mesh.dropped.drop(SUBJECTS.allHeartbeats, "other_digest", { workerId: worker.workerId, model, digest });
    }
  }
}
