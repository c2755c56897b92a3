import { FlockError } from "@flock/errors";

/** Who can read a prompt on its way to its worker: anybody who carries it, or the worker alone. Least private first. */
export const PRIVACY_LABELS = ["plaintext", "sealed-to-worker"] as const;
export type PrivacyLabel = (typeof PRIVACY_LABELS)[number];

/** The label of every grant: prompts are not sealed yet, whatever key a worker offers. */
export const GRANT_PRIVACY: PrivacyLabel = "plaintext";

/** Whether a prompt with that label is as private as is wanted at least. */
export function isPrivateEnough(label: PrivacyLabel, least: PrivacyLabel): boolean {
  return PRIVACY_LABELS.indexOf(label) >= PRIVACY_LABELS.indexOf(least);
}

/**
 * Refuses what no worker could be granted.
 * @throws FlockError `failed_precondition`.
 */
export function requirePrivacy(least: PrivacyLabel): void {
  if (isPrivateEnough(GRANT_PRIVACY, least)) return;
  throw new FlockError(
    "failed_precondition",
    `the network cannot give the privacy '${least}': prompts go to workers as '${GRANT_PRIVACY}'`,
  );
}
