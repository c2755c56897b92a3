import { type Claim, Privacy } from "@flock/proto/jobs";

/** Who can read a prompt on its way to its worker: anybody who carries it, or the worker alone. Least private first. */
export const PRIVACY_LABELS = ["plaintext", "sealed-to-worker"] as const;
export type PrivacyLabel = (typeof PRIVACY_LABELS)[number];

const IN_RECEIPTS = {
  plaintext: Privacy.PLAINTEXT,
  "sealed-to-worker": Privacy.SEALED_TO_WORKER,
} as const satisfies Record<PrivacyLabel, Privacy>;

/** How a grant to this claim travels: sealed whenever the worker offers a key. */
export function privacyFor({ sealingKey }: Pick<Claim, "sealingKey">): PrivacyLabel {
  return sealingKey.length === 0 ? "plaintext" : "sealed-to-worker";
}

/** Whether a prompt with that label is as private as is wanted at least. */
export function isPrivateEnough(label: PrivacyLabel, least: PrivacyLabel): boolean {
  return PRIVACY_LABELS.indexOf(label) >= PRIVACY_LABELS.indexOf(least);
}

/** The less private of both. */
export function lessPrivate(label: PrivacyLabel, other: PrivacyLabel = label): PrivacyLabel {
  return isPrivateEnough(label, other) ? other : label;
}

/** What a receipt says of such a grant. */
export function inReceipt(label: PrivacyLabel): Privacy {
  return IN_RECEIPTS[label];
}

/** Whether a receipt says so; one of a worker of before it was to say anything belongs to a plain grant. */
export function isSaidBy(privacy: Privacy, label: PrivacyLabel): boolean {
  const isOld = privacy === Privacy.UNSPECIFIED && label === "plaintext";
  return isOld || privacy === IN_RECEIPTS[label];
}
