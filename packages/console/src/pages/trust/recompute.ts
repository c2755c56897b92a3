import { ask } from "../../data/client.js";

export interface Recomputed {
  readonly verdict: "verified" | "refuted" | "unavailable";
  readonly words: string;
}

/** Loads the evidence of a verdict, and computes it again in this browser. */
export async function recomputeHere(told: {
  readonly id: string;
  readonly kind: string;
}): Promise<Recomputed> {
  try {
    const text = await ask((flock) => flock.trust.evidence(told.id));
    const { verifyVerdict } = await import("@flockollamas/sdk/verify");
    const found = await verifyVerdict(text, { told });
    if (found.verdict !== "verified") return { verdict: found.verdict, words: found.why };
    const { jobs, kind, sha256 } = found.facts;
    const different = jobs.filter((job) => job.found === "different").length;
    const words = `${jobs.length} jobs, ${different} of them different, lead to ${kind}. SHA-256 of the file: ${sha256}`;
    return { verdict: "verified", words };
  } catch (error) {
    return {
      verdict: "unavailable",
      words: error instanceof Error ? error.message : "it could not be loaded",
    };
  }
}
