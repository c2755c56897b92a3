import { FlockError } from "@flock/errors";
import { bundleSha256, readBundle, recompute } from "@flock/evidence";
import { hex } from "@scure/base";
import { refuted, type Verdict, verified } from "./verdict.js";

/** What the evidence of a verdict proves: that this was to be decided by these numbers. */
export interface ProvenWorkerVerdict {
  readonly verdictId: string;
  /** An alias of the verdict log, or the worker's wallet. */
  readonly worker: string;
  readonly kind: "quarantine" | "release" | "conviction";
  /** In their order; those that count for nothing are `undetermined`. */
  readonly jobs: readonly {
    readonly jobId: string;
    readonly found: "same" | "different" | "undetermined";
    /** Natural logarithm of how much likelier a cheat has that answer, in thousandths; null: it does not count. */
    readonly logEvidenceMilli: number | null;
  }[];
  /** Of the file, in hex. */
  readonly sha256: string;
}

/**
 * Computes a verdict on a worker again from its evidence, here and offline. That the readings in it are right, only who
 * has the model and the answers can tell.
 * @param evidence The file, from `flock.trust.evidence(id)`.
 * @param told What the network says of the verdict; it must say the same.
 */
export async function verifyVerdict(
  evidence: string | Uint8Array,
  { told }: { readonly told?: { readonly id: string; readonly kind: string } } = {},
): Promise<Verdict<ProvenWorkerVerdict>> {
  const bytes = typeof evidence === "string" ? new TextEncoder().encode(evidence) : evidence;
  try {
    const bundle = readBundle(bytes);
    const { jobs, agrees, verdict } = recompute(bundle);
    const other = jobs.find((job) => !job.agrees);
    if (other !== undefined)
      return refuted(`job ${other.jobId} comes out as ${other.verdict}, with other evidence`);
    if (!agrees) return refuted(`these jobs lead to ${verdict ?? "no verdict"}, not to ${bundle.verdict}`);
    if (told !== undefined && told.id !== bundle.verdictId)
      return refuted(`it is the evidence of verdict ${bundle.verdictId}, not of ${told.id}`);
    if (told !== undefined && told.kind !== bundle.verdict)
      return refuted(`the network tells of a ${told.kind}, the evidence is of a ${bundle.verdict}`);
    return verified({
      verdictId: bundle.verdictId,
      worker: bundle.workerId,
      kind: bundle.verdict,
      jobs: jobs.map(({ jobId, verdict: found, logEMillinats }) => ({
        jobId,
        found,
        logEvidenceMilli: logEMillinats ?? null,
      })),
      sha256: hex.encode(bundleSha256(bytes)),
    });
  } catch (error) {
    if (error instanceof FlockError) return refuted(error.message);
    throw error;
  }
}
