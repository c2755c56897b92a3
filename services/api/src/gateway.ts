import type { Logger } from "@flock/observability";
import type { ClientLimits } from "./http/client-limits.js";
import type { Inference } from "./inference/inference.js";
import type { ApiMetrics } from "./metrics.js";

/** What every dialect works with. */
export interface Gateway {
  readonly inference: Inference;
  readonly bodyBytesMax: number;
  readonly limits: ClientLimits;
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
}
