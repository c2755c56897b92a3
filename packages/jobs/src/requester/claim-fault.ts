import { type Claim, ClaimRefusal } from "@flock/proto/jobs";
import { isPrivateEnough, privacyFor } from "../content/privacy.js";
import { isFor, type JobSpec } from "./job.js";

/** Why a job is not for the worker that claims it, whatever its state; undefined: it may have the job. */
export function claimFault(
  spec: JobSpec,
  { workerId, modelDigest, sealingKey }: Pick<Claim, "workerId" | "modelDigest" | "sealingKey">,
  unixMs: number,
): ClaimRefusal | undefined {
  if (unixMs > spec.deadlineUnixMs) return ClaimRefusal.EXPIRED;
  if (modelDigest !== spec.modelDigest) return ClaimRefusal.WRONG_MODEL;
  const { acceptsWorker, privacyMin = "plaintext" } = spec;
  if (!isFor(spec, workerId)) return ClaimRefusal.EXCLUDED;
  if (acceptsWorker?.(workerId) === false) return ClaimRefusal.EXCLUDED;
  return isPrivateEnough(privacyFor({ sealingKey }), privacyMin) ? undefined : ClaimRefusal.EXCLUDED;
}
