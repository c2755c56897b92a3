import type { Clock } from "@flock/mesh";
import { encode } from "@flock/proto";
import { JobMaterialReply } from "@flock/proto/verifier";
import type { ApiMetrics } from "../metrics.js";

export interface MaterialBounds {
  /** How long a job's material is kept after its end. */
  readonly ttlMs: number;
  /** Of all jobs together. */
  readonly bytesMax: number;
}

/** What a job's reply may hold: a service call carries no more. */
export const JOB_MATERIAL_BYTES_MAX = 400 * 1024;

/** What an entry costs beside what it says. */
const ENTRY_BYTES = 1_024;

interface Kept {
  /** Encoded: so its size is what it costs. */
  readonly encoded: Uint8Array;
  readonly bytes: number;
  readonly untilMs: number;
}

/**
 * What the last jobs asked and were answered, in memory only, bounded and for a short time: the oldest goes first. What
 * has lapsed is let go of by {@link sweep}, and is not told before.
 */
export class KeptMaterials {
  readonly #bounds: MaterialBounds;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #metrics: Pick<ApiMetrics, "materialBytes" | "materialAsked">;
  /** By job, the oldest first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(
    bounds: MaterialBounds,
    clock: Pick<Clock, "nowMs">,
    metrics: Pick<ApiMetrics, "materialBytes" | "materialAsked">,
  ) {
    this.#bounds = bounds;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** False: by its bounds nothing is ever kept. */
  get keepsAny(): boolean {
    return this.#bounds.bytesMax > 0;
  }

  keep(jobId: string, material: JobMaterialReply): void {
    const encoded = encode(JobMaterialReply, material);
    const bytes = encoded.length + ENTRY_BYTES;
    if (encoded.length > JOB_MATERIAL_BYTES_MAX || bytes > this.#bounds.bytesMax) return;
    this.#drop(jobId);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes + bytes <= this.#bounds.bytesMax) break;
      this.#drop(oldest);
    }
    this.#kept.set(jobId, { encoded, bytes, untilMs: this.#clock.nowMs() + this.#bounds.ttlMs });
    this.#count(bytes);
  }

  /** Undefined: it is not kept, or not any more. */
  of(jobId: string): JobMaterialReply | undefined {
    const kept = this.#kept.get(jobId);
    const isKept = kept !== undefined && kept.untilMs > this.#clock.nowMs();
    this.#metrics.materialAsked(isKept ? "found" : "missed");
    return isKept ? JobMaterialReply.decode(kept.encoded) : undefined;
  }

  /** Lets go of what has lapsed. */
  sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const [jobId, { untilMs }] of this.#kept) {
      if (untilMs > nowMs) return;
      this.#drop(jobId);
    }
  }

  clear(): void {
    for (const jobId of this.#kept.keys()) this.#drop(jobId);
  }

  #drop(jobId: string): void {
    const kept = this.#kept.get(jobId);
    if (kept === undefined) return;
    this.#kept.delete(jobId);
    this.#count(-kept.bytes);
  }

  #count(more: number): void {
    this.#bytes += more;
    this.#metrics.materialBytes(more);
  }
}
