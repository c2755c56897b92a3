import { type WorkerSnapshot, WorkerState } from "@flock/proto/workers";
import type { HeardLoad } from "./heard-loads.js";

/** All that is known of the network at a moment, before it is decided what of it is told. */
export interface Census {
  /** Those that take jobs, by model. */
  readonly servers: ReadonlyMap<string, readonly WorkerSnapshot[]>;
  /** Those that take jobs. */
  readonly ready: readonly WorkerSnapshot[];
  readonly loads: ReadonlyMap<string, HeardLoad>;
}

/** Takes stock of the live workers and of what was heard of models. */
export function censusOf(live: readonly WorkerSnapshot[], loads: ReadonlyMap<string, HeardLoad>): Census {
  const ready = live.filter(({ state }) => state === WorkerState.READY);
  const servers = new Map<string, WorkerSnapshot[]>();
  for (const worker of ready)
    for (const { name } of worker.models) {
      const ofModel = servers.get(name);
      if (ofModel === undefined) servers.set(name, [worker]);
      else ofModel.push(worker);
    }
  return { servers, ready, loads };
}
