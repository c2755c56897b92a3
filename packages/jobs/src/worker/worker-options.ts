import type { Signer } from "@flock/keys";
import type { Mesh } from "@flock/mesh";
import type { Delegation } from "@flock/proto/jobs";
import type { HardwareClass, ModelDescription } from "@flock/proto/workers";
import type { JobRunner } from "./runner.js";
import type { SlotGaugeOptions } from "./slot-gauge.js";

/** Who a worker is, what runs its jobs, and how. */
export interface WorkerRuntimeOptions {
  readonly mesh: Mesh;
  /** By what the mesh knows it: a token of its subjects, and the address of its wallet. */
  readonly workerId: string;
  /** Signs receipts and sealing keys. */
  readonly signer: Signer;
  /**
   * How the worker's wallet lets the signer work in its name; asked for at each claim, because it is renewed. Default:
   * none, and the worker's id is the signer's key.
   */
  readonly delegation?: () => Delegation;
  /** Public keys of the mesh: tickets and commands count if one of them has signed. Asked for with each. */
  readonly meshKeys: () => readonly string[];
  /** Jobs that run at once, at most: as many as the engine is seen to run (see `SlotGauge`). */
  readonly slots: number;
  /** How the slots follow the engine. Default `SLOT_GAUGE_DEFAULTS`. */
  readonly slotGauge?: Partial<Omit<SlotGaugeOptions, "slotsMax">>;
  readonly runner: JobRunner;
  /** Describes a model for the catalogue; undefined if it is not served (any more). */
  describe(model: string): Promise<Omit<ModelDescription, "workerId"> | undefined>;
  /** On stop: how long running jobs may go on before they are given back. Default 20 s. */
  readonly drainTimeoutMs?: number;
  /** Account that is paid for this worker's work, as its delegation says. Default: the worker's own. */
  readonly payeeId?: string;
  /** A bridge speaks for the worker (see `Heartbeat.is_bridged`). Default false. */
  readonly isBridged?: boolean;
  /** What its models run on, for the network's figures. Default: unknown. */
  readonly hardware?: HardwareClass;
  /** Its engine as it is now, such as `ollama/0.33.1`; empty: unknown. Default: unknown. */
  readonly engine?: () => string;
  /** Claims offer keys that prompts are sealed to. Default: unless it is bridged, and hears them in the clear. */
  readonly offersKeys?: boolean;
}
