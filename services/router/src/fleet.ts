import type { Clock, Mesh, ShutOutView } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { type WorkerSnapshot, WorkerState } from "@flock/proto/workers";
import type { CatalogueKeeper } from "./catalogue-keeper.js";
import type { Dispatcher } from "./dispatcher.js";
import { type Announcement, knownEngine, knownHardware } from "./domain/announcement.js";
import type { LeaseOutcome, Registry } from "./domain/registry.js";
import type { Scheduler } from "./domain/scheduler.js";
import type { Worker } from "./domain/worker.js";
import type { RouterMetrics } from "./metrics.js";
import type { ModelDescriber } from "./model-describer.js";
import type { SnapshotWriter } from "./snapshot-writer.js";
import type { TicketStream } from "./ticket-stream.js";
import type { WorkerControls } from "./worker-controls.js";

export interface FleetParts {
  readonly mesh: Mesh;
  readonly registry: Registry;
  readonly scheduler: Pick<Scheduler, "releaseUnfit">;
  readonly catalogue: CatalogueKeeper;
  readonly describer: ModelDescriber;
  readonly tickets: TicketStream;
  readonly snapshots: SnapshotWriter;
  readonly controls: WorkerControls;
  readonly dispatcher: Dispatcher;
  readonly shutOut: Pick<ShutOutView, "has">;
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
    const { mesh, registry, describer, snapshots, controls, dispatcher, clock } = this.#parts;
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
      controls.holdOff(worker, clock.nowMs());
    }
    dispatcher.pump();
  }

  /** Takes a worker over from the last router, until it is heard itself. */
  restore(snapshot: WorkerSnapshot): void {
    const { registry, shutOut, clock } = this.#parts;
    if (shutOut.has(snapshot.workerId)) return;
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
        hardware: knownHardware(snapshot.hardware),
        engine: knownEngine(snapshot.engine),
      },
      clock.nowMs(),
    );
    if (heard === undefined) return;
    if (snapshot.breaker === "closed") heard.worker.trust.succeed();
    else heard.worker.breaker.suspect(clock.nowMs());
    this.#serveModels(heard.worker);
  }

  /** A lease of the worker's ended; `lease`: its key, if it is one that this router was told of. */
  judge(workerId: string, outcome: LeaseOutcome, lease?: string): void {
    const { mesh, registry, snapshots, controls, clock, metrics } = this.#parts;
    const worker = registry.find(workerId);
    const nowMs = clock.nowMs();
    const before = worker?.breaker.state(nowMs);
    const hasOpened = registry.judge(workerId, outcome, nowMs, lease);
    if (worker === undefined) return;
    if (worker.breaker.state(nowMs) !== before) snapshots.touch(workerId);
    if (!hasOpened) return;
    metrics.countBreakerOpened();
    mesh.logger.warn({ workerId, openForMs: worker.breaker.openForMs(nowMs) }, "worker's breaker opened");
    controls.holdOff(worker, nowMs);
  }

  /** The worker is banned, convicted or cut off: it serves no models any more. Its requesters see it by themselves. */
  shutOut(workerId: string): void {
    const { registry, dispatcher, clock } = this.#parts;
    this.#forget(registry.shutOut(workerId, clock.nowMs()), "worker is shut out");
    dispatcher.pump();
  }

  /**
   * The worker's standing may be another now. Whoever is quarantined keeps the jobs that it runs, and gets none but
   * those that name it; whoever is released gets others at once.
   */
  reclassify(workerId: string): void {
    const { mesh, registry, scheduler, snapshots, dispatcher } = this.#parts;
    const worker = registry.reclassify(workerId);
    if (worker === undefined) return;
    const { isQuarantined } = worker;
    mesh.logger.info({ workerId }, isQuarantined ? "worker is quarantined" : "worker is out of quarantine");
    if (isQuarantined) scheduler.releaseUnfit(worker);
    snapshots.touch(workerId);
    dispatcher.pump();
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
