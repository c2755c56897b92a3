import { HardwareClass, type ServedModel, WorkerState } from "@flock/proto/workers";
import { Registry } from "../src/domain/registry.js";
import { Scheduler, type SchedulerLimits } from "../src/domain/scheduler.js";
import { WaitingJob } from "../src/domain/waiting-job.js";

/* Registry and scheduler alone, with workers and jobs as their tests need them. */

export const LIMITS: SchedulerLimits = {
  starvationBoundMs: 30_000,
  renewTimeoutMs: 5_000,
  unservedMaxMs: 10_000,
  reservationMaxMs: 2_000,
};
const DIGEST = "a".repeat(64);
export const NOBODY = new Set<string>();

export interface WorkerSpec {
  readonly workerId: string;
  readonly slotCount: number;
  readonly models: readonly string[];
  readonly isQuarantined?: boolean;
}

/** Registry and scheduler with these workers, all ready. */
export function withWorkers(specs: readonly WorkerSpec[]): { registry: Registry; scheduler: Scheduler } {
  const limits = { workersMax: 100, breakersMax: 100, failuresMax: 5, openMinMs: 1_000, openMaxMs: 8_000 };
  const quarantined = new Set(
    specs.flatMap(({ workerId, isQuarantined }) => (isQuarantined ? [workerId] : [])),
  );
  const registry = new Registry(
    { ...limits, lossWindowMs: 5_000 },
    () => ({ digest: DIGEST, contextLength: 2_048 }),
    (workerId) => quarantined.has(workerId),
  );
  for (const { workerId, slotCount, models } of specs) {
    const served = models.map((name): [string, ServedModel] => [
      name,
      { name, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 },
    ]);
    const facts = {
      startedUnixMs: 1,
      state: WorkerState.READY,
      active: [],
      intervalMs: 1_000,
      isBridged: false,
      hardware: HardwareClass.UNSPECIFIED,
      engine: "",
    };
    registry.hear({ ...facts, workerId, slotCount, models: new Map(served) }, 0);
  }
  return { registry, scheduler: new Scheduler(registry, LIMITS) };
}

interface JobSpec {
  readonly accountId: string;
  readonly model?: string;
  readonly excluded?: readonly string[];
  readonly barred?: readonly string[];
  readonly onlyWorkerId?: string | undefined;
  readonly preferredWorkerId?: string | undefined;
  readonly isResumed?: boolean;
}

let jobsMade = 0;

export function makeJob(spec: JobSpec, nowMs = 0) {
  const { accountId, model = "m", excluded = [], barred = [], isResumed = false } = spec;
  const { onlyWorkerId, preferredWorkerId } = spec;
  return new WaitingJob(
    {
      jobId: `${accountId}-${jobsMade++}`,
      requesterId: "r",
      accountId,
      model,
      weight: 1,
      deadlineMs: Number.POSITIVE_INFINITY,
      excluded: new Set(excluded),
      barred: new Set(barred),
      ...(onlyWorkerId === undefined ? {} : { onlyWorkerId }),
      ...(preferredWorkerId === undefined ? {} : { preferredWorkerId }),
      isResumed,
      traceparent: "",
    },
    nowMs,
  );
}
