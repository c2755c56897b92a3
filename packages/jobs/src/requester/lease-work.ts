import { encode } from "@flock/proto";
import { type Grant, type Resume, Work } from "@flock/proto/jobs";
import type { JobSpec } from "./job.js";
import type { PrivacyLabel } from "./privacy.js";

const LABELS = {
  plaintext: "plaintext",
  sealed: "sealed-to-worker",
} as const satisfies Record<NonNullable<Grant["work"]>["$case"], PrivacyLabel>;

/** What a grant that carries its work so is called. */
export function privacyLabelOf({ $case }: NonNullable<Grant["work"]>): PrivacyLabel {
  return LABELS[$case];
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
