import type { Grant } from "@flock/proto/jobs";

/** Who can read a prompt on its way to the worker: anybody who carries it, or the worker alone. */
export type PrivacyLabel = "plaintext" | "sealed-to-worker";

const LABELS = {
  plaintext: "plaintext",
  sealed: "sealed-to-worker",
} as const satisfies Record<NonNullable<Grant["work"]>["$case"], PrivacyLabel>;

/** What a grant that carries its work so is called. */
export function privacyLabelOf({ $case }: NonNullable<Grant["work"]>): PrivacyLabel {
  return LABELS[$case];
}
