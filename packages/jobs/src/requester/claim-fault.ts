import { type Claim, ClaimRefusal } from "@flock/proto/jobs";
import type { JobSpec } from "./job.js";
import { GRANT_PRIVACY, isPrivateEnough } from "./privacy.js";

/** Why a job is not for the worker that claims it, whatever its state; undefined: it may have the job. */
export function claimFault(
  spec: JobSpec,
  { workerId, modelDigest }: Pick<Claim, "workerId" | "modelDigest">,
  unixMs: number,
): ClaimRefusal | undefined {
  if (unixMs > spec.deadlineUnixMs) return ClaimRefusal.EXPIRED;
  if (modelDigest !== spec.modelDigest) return ClaimRefusal.WRONG_MODEL;
  const { onlyWorkerId = workerId, excludedWorkerIds = [], acceptsWorker, privacyMin = "plaintext" } = spec;
  if (onlyWorkerId !== workerId || excludedWorkerIds.includes(workerId)) return ClaimRefusal.EXCLUDED;
  if (acceptsWorker?.(workerId) === false) return ClaimRefusal.EXCLUDED;
  return isPrivateEnough(GRANT_PRIVACY, privacyMin) ? undefined : ClaimRefusal.EXCLUDED;
}
