import { type Clock, type Mesh, type Part, repeat } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { RouterLoad } from "@flock/proto/figures";
import { loadOf } from "./domain/load.js";
import { RecentCount } from "./domain/recent-count.js";
import type { Registry } from "./domain/registry.js";
import type { Scheduler } from "./domain/scheduler.js";
import type { RouterMetrics } from "./metrics.js";

const INTERVAL_MS = 1_000;

export interface LoadReportParts {
  readonly mesh: Mesh;
  readonly routerId: string;
  readonly registry: Registry;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly metrics: Pick<RouterMetrics, "countRejectedWhileIdle">;
}

/** Tells the apis once a second what waits and what runs, for the figures that they show. */
export class LoadReport implements Part {
  readonly name = "load report";
  readonly #parts: LoadReportParts;
  readonly #rejectedWhileIdle = new RecentCount();

  constructor(parts: LoadReportParts) {
    this.#parts = parts;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { logger } = this.#parts.mesh;
    await repeat({ name: this.name, logger, intervalMs: INTERVAL_MS }, async () => this.#tell(), stop);
  }

  /** A job was refused or given up although a worker is idle for it. */
  rejectedWhileIdle(): void {
    this.#rejectedWhileIdle.add(this.#parts.clock.nowMs());
    this.#parts.metrics.countRejectedWhileIdle();
  }

  /** There is never more to tell at once. */
  #tell(): false {
    const { mesh, routerId, registry, scheduler, clock } = this.#parts;
    // What it says now would be old when NATS is back.
    if (!mesh.isConnected()) return false;
    const load: RouterLoad = {
      version: PROTOCOL_VERSION,
      routerId,
      models: loadOf(registry, scheduler),
      rejectedWhileIdle: this.#rejectedWhileIdle.count(clock.nowMs()),
    };
    mesh.nats.publish(SUBJECTS.routerLoad, encode(RouterLoad, load));
    return false;
  }
}
