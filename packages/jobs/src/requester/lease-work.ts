import { encode } from "@flock/proto";
import { type Resume, Work } from "@flock/proto/jobs";
import type { JobSpec } from "./job.js";

/** A lease that was granted. */
export interface Granted {
  readonly lease: number;
  /** Encoded Work. */
  readonly work: Uint8Array;
  /** How long the job had waited for a worker. */
  readonly waitedMs: number;
}

/** Encodes what the leases of a job are to run; what begins at the beginning, once for all of them. */
export class LeaseWork {
  readonly #spec: Pick<JobSpec, "operation" | "requestJson" | "coalesce">;
  #fromTheBeginning: Uint8Array | undefined;

  constructor(spec: Pick<JobSpec, "operation" | "requestJson" | "coalesce">) {
    this.#spec = spec;
  }

  /** @param resume What an earlier lease has delivered; undefined: the lease begins at the beginning. */
  from(resume: Resume | undefined): Uint8Array {
    const { operation, requestJson, coalesce } = this.#spec;
    if (resume !== undefined) return encode(Work, { operation, requestJson, coalesce, resume });
    this.#fromTheBeginning ??= encode(Work, { operation, requestJson, coalesce, resume: undefined });
    return this.#fromTheBeginning;
  }
}
