import { FlockError } from "@flock/errors";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { NoJobReason, ROUTER, WorkerStanding } from "@flock/proto/router";
import { WorkerState } from "@flock/proto/workers";

const version = PROTOCOL_VERSION;
const WORKERS_MAX = 50;

/** A fake of the router, held to the same contract as the real one in what it tells of workers. It routes nothing. */
export class FakeRouter {
  /** By worker id. */
  readonly standings = new Map<string, WorkerStanding>();
  calls = 0;

  methods(): readonly ServedMethod[] {
    return [
      method(ROUTER.workers, ({ workerIds }) => {
        this.calls += 1;
        if (workerIds.length > WORKERS_MAX) throw new FlockError("invalid_argument", "too many workers");
        const unknown = (workerId: string) => WorkerStanding.fromPartial({ workerId });
        return { version, workers: workerIds.map((id) => this.standings.get(id) ?? unknown(id)) };
      }),
    ];
  }

  /** A worker that is ready, of which nobody has wanted anything for some seconds. */
  idle(workerId: string, model: string, lastHeardUnixMs: number): void {
    const live = { state: WorkerState.READY, slots: 2, active: 0, breaker: "closed" };
    const standing = WorkerStanding.fromPartial({
      workerId,
      live: { ...live, models: [{ name: model, loaded: true, isAdmitted: true }] },
      lastHeardUnixMs,
      noJob: [{ reason: NoJobReason.NO_DEMAND, seconds: 7 }],
    });
    this.standings.set(workerId, standing);
  }
}
