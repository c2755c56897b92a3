import type { ModelLoad } from "@flock/proto/figures";
import { type HardwareClass, WorkerState } from "@flock/proto/workers";
import type { Registry } from "./registry.js";
import type { Scheduler } from "./scheduler.js";

interface Load {
  waiting: number;
  readonly running: Map<HardwareClass, number>;
  draining: number;
  readonly drainingWorkers: Set<string>;
}

/** What waits and what runs, by model: models with neither are left out. */
export function loadOf(registry: Pick<Registry, "workers">, scheduler: Pick<Scheduler, "jobs">): ModelLoad[] {
  const loads = new Map<string, Load>();
  const of = (model: string): Load => {
    const known = loads.get(model);
    if (known !== undefined) return known;
    const load: Load = { waiting: 0, running: new Map(), draining: 0, drainingWorkers: new Set() };
    loads.set(model, load);
    return load;
  };
  for (const job of scheduler.jobs)
    if (job.phase === "queued" && job.unservedSinceMs === undefined) of(job.model).waiting += 1;
  for (const { workerId, slots, state, hardware } of registry.workers)
    for (const model of slots.models) {
      const load = of(model);
      const { running } = load;
      if (state === WorkerState.READY) running.set(hardware, (running.get(hardware) ?? 0) + 1);
      else {
        load.draining += 1;
        load.drainingWorkers.add(workerId);
      }
    }
  return [...loads].map(([model, { waiting, running, draining, drainingWorkers }]) => ({
    ...{ model, waiting, draining, drainingWorkers: drainingWorkers.size },
    running: [...running].map(([hardware, jobs]) => ({ hardware, jobs })),
  }));
}
