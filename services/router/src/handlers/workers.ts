import { FlockError } from "@flock/errors";
import type { Clock, Handler, ShutOutView } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import type { LiveWorker, WorkerStanding, WorkersReply, WorkersRequest } from "@flock/proto/router";
import type { Registry } from "../domain/registry.js";
import type { Worker } from "../domain/worker.js";
import type { IdleWatch } from "../idle-watch.js";

/** Of one call: with as many models as may be told of, its answer is half of what a message may have. */
const WORKERS_MAX = 50;
/** That are told of one worker. */
const MODELS_MAX = 50;

export interface WorkersParts {
  readonly registry: Pick<Registry, "find">;
  readonly idle: Pick<IdleWatch, "idlenessOf">;
  readonly shutOut: Pick<ShutOutView, "records">;
  readonly clock: Clock;
}

/** Answers `svc.router.workers`: how the named workers fare. Of several routers one answers, by what it has seen. */
export function workersHandler(parts: WorkersParts): Handler<WorkersRequest, WorkersReply> {
  return ({ workerIds }) => {
    if (workerIds.length > WORKERS_MAX)
      throw new FlockError("invalid_argument", `at most ${WORKERS_MAX} workers are told of at once`);
    return {
      version: PROTOCOL_VERSION,
      workers: workerIds.map((workerId) => standingOf(workerId, parts)),
    };
  };
}

function standingOf(workerId: string, { registry, idle, shutOut, clock }: WorkersParts): WorkerStanding {
  const { heardUnixMs = 0, noJob } = idle.idlenessOf(workerId);
  const worker = registry.find(workerId);
  return {
    workerId,
    live: worker && liveWorker(worker, clock.nowMs()),
    lastHeardUnixMs: Math.round(worker === undefined ? heardUnixMs : unixOf(worker.heardMs, clock)),
    offences: shutOut.records.get(workerId),
    noJob: [...noJob].map(([reason, seconds]) => ({ reason, seconds })),
  };
}

function liveWorker(worker: Worker, nowMs: number): LiveWorker {
  return {
    state: worker.state,
    slots: worker.slotCount,
    active: worker.slots.leases,
    models: [...worker.announced.values()].slice(0, MODELS_MAX).map(({ name, loaded }) => ({
      name,
      loaded,
      isAdmitted: worker.admitted.has(name),
    })),
    breaker: worker.breaker.state(nowMs),
    hardware: worker.hardware,
  };
}

function unixOf(ms: number, clock: Clock): number {
  return clock.unixMs() - clock.nowMs() + ms;
}
