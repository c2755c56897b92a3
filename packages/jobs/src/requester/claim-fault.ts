import { type Claim, ClaimRefusal } from "@flock/proto/jobs";
import { isFor, type JobSpec } from "./job.js";
import { GRANT_PRIVACY, isPrivateEnough } from "./privacy.js";

/** Why a job is not for the worker that claims it, whatever its state; undefined: it may have the job. */
export function claimFault(
  spec: JobSpec,
  { workerId, modelDigest }: Pick<Claim, "workerId" | "modelDigest">,
  unixMs: number,
): ClaimRefusal | undefined {
  if (unixMs > spec.deadlineUnixMs) return ClaimRefusal.EXPIRED;
  if (modelDigest !== spec.modelDigest) return ClaimRefusal.WRONG_MODEL;
  const { acceptsWorker, privacyMin = "plaintext" } = spec;
  if (!isFor(spec, workerId)) return ClaimRefusal.EXCLUDED;
  if (acceptsWorker?.(workerId) === false) return ClaimRefusal.EXCLUDED;
  return isPrivateEnough(GRANT_PRIVACY, privacyMin) ? undefined : ClaimRefusal.EXCLUDED;
}
