import { canonicalModelName, isSubjectToken } from "@flock/proto";
import { HardwareClass, type Heartbeat, type ServedModel, WorkerState } from "@flock/proto/workers";
import type { LeaseName } from "./worker-slots.js";

/** What is taken of one heartbeat at most. Workers are untrusted: what is more is ignored. */
export interface AnnouncementBounds {
  readonly slotsMax: number;
  readonly modelsMax: number;
}

/** A heartbeat whose ids, names and numbers have been checked. */
export interface Announcement {
  readonly workerId: string;
  readonly startedUnixMs: number;
  readonly state: WorkerState;
  readonly slotCount: number;
  /** By canonical name. */
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly active: readonly LeaseName[];
  readonly intervalMs: number;
  /** A bridge speaks for it. */
  readonly isBridged: boolean;
  readonly hardware: HardwareClass;
  /** Its own word, such as `ollama/0.33.1`; empty: unknown. */
  readonly engine: string;
}

const DIGEST = /^[0-9a-f]{64}$/;

const STATES: ReadonlySet<WorkerState> = new Set([
  WorkerState.READY,
  WorkerState.PAUSED,
  WorkerState.DRAINING,
  WorkerState.LEFT,
]);

/** Of a class that this version does not know, or of none that there is, nothing is known. */
export function knownHardware(hardware: HardwareClass): HardwareClass {
  const isKnown = hardware >= HardwareClass.UNSPECIFIED && hardware <= HardwareClass.UNIFIED;
  return isKnown ? hardware : HardwareClass.UNSPECIFIED;
}

const ENGINE = /^[a-z0-9][a-z0-9._+/-]{0,63}$/;

/** Of a name that no engine has, nothing is known. */
export function knownEngine(engine: string): string {
  return ENGINE.test(engine) ? engine : "";
}

/** True for a model digest as the mesh writes it. */
export function isDigest(value: string): boolean {
  return DIGEST.test(value);
}

/** Checks a heartbeat that came on the subject of `workerId`; the reason why it is not taken as a string. */
export function readHeartbeat(
  heartbeat: Heartbeat,
  workerId: string,
  bounds: AnnouncementBounds,
): Announcement | "wrong_worker" | "bad_state" {
  if (heartbeat.workerId !== workerId || !isSubjectToken(workerId)) return "wrong_worker";
  if (!STATES.has(heartbeat.state)) return "bad_state";
  const models = new Map<string, ServedModel>();
  for (const model of heartbeat.models) {
    if (models.size >= bounds.modelsMax) break;
    const name = canonicalModelName(model.name);
    if (name !== undefined && isDigest(model.digest)) models.set(name, { ...model, name });
  }
  return {
    workerId,
    startedUnixMs: heartbeat.startedUnixMs,
    state: heartbeat.state,
    slotCount: Math.min(heartbeat.slots, bounds.slotsMax),
    models,
    // A worker may report more than it has slots for (they were lowered); past twice the bound it is making them up.
    active: heartbeat.active
      .slice(0, 2 * bounds.slotsMax)
      .filter(({ jobId }) => isSubjectToken(jobId))
      .map(({ jobId, lease }) => ({ jobId, lease })),
    intervalMs: heartbeat.intervalMs,
    isBridged: heartbeat.isBridged,
    hardware: knownHardware(heartbeat.hardware),
    engine: knownEngine(heartbeat.engine),
  };
}
