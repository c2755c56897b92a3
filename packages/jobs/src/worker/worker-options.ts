import type { Identity } from "@flock/keys";
import type { Mesh } from "@flock/mesh";
import type { ModelDescription } from "@flock/proto/workers";
import type { JobRunner } from "./runner.js";
import type { SlotGaugeOptions } from "./slot-gauge.js";

/** Who a worker is, what runs its jobs, and how. */
export interface WorkerRuntimeOptions {
  readonly mesh: Mesh;
  readonly identity: Identity;
  /** Jobs that run at once, at most: as many as the engine is seen to run (see `SlotGauge`). */
  readonly slots: number;
  /** How the slots follow the engine. Default `SLOT_GAUGE_DEFAULTS`. */
  readonly slotGauge?: Partial<Omit<SlotGaugeOptions, "slotsMax">>;
  readonly runner: JobRunner;
  /** Describes a model for the catalogue; undefined if it is not served (any more). */
  describe(model: string): Promise<Omit<ModelDescription, "workerId"> | undefined>;
  /** On stop: how long running jobs may go on before they are given back. Default 20 s. */
  readonly drainTimeoutMs?: number;
  /** Account that is paid for this worker's work. Default: the worker's own. */
  readonly payeeId?: string;
  /** A bridge speaks for the worker (see `Heartbeat.is_bridged`). Default false. */
  readonly isBridged?: boolean;
  /** Claims offer keys that prompts are sealed to. Default: unless it is bridged, and hears them in the clear. */
  readonly offersKeys?: boolean;
}
