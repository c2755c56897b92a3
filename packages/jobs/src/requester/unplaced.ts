import { FlockError } from "@flock/errors";
import type { JobSpec } from "./job.js";
import type { Ending, JobState } from "./job-state.js";
import type { RoutedTo } from "./router-link.js";

/** How long a job waits before it asks again for a router that did not answer, … */
export const ROUTER_RETRY_MS = 200;
/** … and for a worker that none has at the moment. */
export const FAILOVER_RETRY_MS = 500;
const RETRY_MIN_MS = 1_000;

/** How much longer a job may wait for its first worker; undefined: without a limit, or it had one. */
export function queueLeftMs({ queueMaxMs }: JobSpec, state: JobState, nowMs: number): number | undefined {
  if (queueMaxMs === undefined || state.lease > 0) return undefined;
  return Math.max(0, Math.floor(queueMaxMs - state.waitedMs(nowMs)));
}

/** Of a job that has waited for as long as it may, at that router. */
export function queuedTooLong({ queueMaxMs = 0, model }: JobSpec, routed: RoutedTo | undefined): Ending {
  const { etaMs = 0 } = routed ?? {};
  const message =
    `no worker for model '${model}' was free within the ${queueMaxMs} ms that the request waits: ` +
    `one had been expected in about ${etaMs} ms`;
  const retry = { afterMs: Math.max(RETRY_MIN_MS, etaMs) };
  return unplaced(new FlockError("unavailable", message, { retry }));
}

/** Of a job whose deadline has passed. */
export function overdue(): Ending {
  const error = new FlockError("deadline_exceeded", "the request took longer than its deadline allows");
  return { outcome: "failed", doneReason: "", error };
}

/** Of a job that a router does not take, or gave up, after so many leases. */
export function refusedByRouter(error: FlockError, leases: number): Ending {
  const isForAnotherModel = error.code === "unavailable" || error.code === "not_found";
  if (leases === 0 && isForAnotherModel) return unplaced(error);
  return { outcome: "failed", doneReason: "", error };
}

/** See {@link JobResult.isUnplaced}. */
function unplaced(error: FlockError): Ending {
  return { outcome: "failed", doneReason: "", error, isUnplaced: true };
}
