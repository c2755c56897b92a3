import { type Mesh, openBucket, type Part } from "@flock/mesh";
import { DEFAULT_PARAMETERS, type Parameters, parseParameters } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import type { Limits, LimitsSource } from "./domain/limits.js";
import { repeating } from "./repeating-part.js";

const INTERVAL_MS = 2_000;

/** The limits that parameters set. */
export function limitsOf({ values }: Parameters): Limits {
  return {
    payoutMin: values.payoutMinMicro,
    payoutMax: values.payoutMaxMicro,
    payoutDailyMax: values.payoutDailyMaxMicro,
    payoutThreshold: values.payoutThresholdMicro,
    depositMin: values.depositMinMicro,
    arePayoutsPaused: values.payoutsPaused,
  };
}

/**
 * Reads the governed parameters again every two seconds. Until there are any, the defaults are in force; a document that
 * is refused changes nothing.
 */
export function parametersReader(mesh: Mesh): { readonly part: Part; readonly limits: LimitsSource } {
  let limits = limitsOf(DEFAULT_PARAMETERS);
  let revision = 0;
  const part = repeating(
    { name: "parameters reader", logger: mesh.logger, intervalMs: INTERVAL_MS },
    async () => {
      const entry = await (await openBucket(mesh, BUCKETS.params)).get(PARAMS_CURRENT_KEY);
      if (entry === null || entry.revision === revision) return false;
      limits = limitsOf(parseParameters(entry.string()));
      revision = entry.revision;
      mesh.logger.info({ revision }, "parameters in force");
      return false;
    },
  );
  return { part, limits: () => limits };
}
